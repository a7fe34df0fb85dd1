"""`stillwatch case close`: nothing more is to be done."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, Case, Clerk
from stillwatch.app.spread import spread
from stillwatch.cases.file import find_case
from stillwatch.cases.work import decide


@spread
def command(
    case: Case,
    reason: Annotated[str, typer.Option(help="Why it is done.")],
    clerk: Clerk = Clerk(),
    json_: AsJson = False,
) -> None:
    """Close a case that has a finding. Retention counts from here; `case decide CASE reopen` opens it again.

    Example: `stillwatch case close c-5e1fa0b7 --reason "Accounts closed, no appeal in 60 days"`
    """
    desk = clerk.desk()
    with desk.database.writing(desk.stamp) as w:
        case_id = find_case(w, case)
        row = decide(w, case_id, "close", reason=reason)
    typer.echo(json.dumps({"case_id": case_id, "number": row["number"]}) if json_ else f"{case_id} is closed")
