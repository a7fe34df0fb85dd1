"""`stillwatch case hold`: a legal hold, against which retention deletes nothing."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, Case, Clerk
from stillwatch.app.spread import spread
from stillwatch.cases.file import find_case
from stillwatch.cases.work import place_hold


@spread
def command(
    case: Case,
    reason: Annotated[str, typer.Option(help="Why it is placed or released.")],
    release: Annotated[bool, typer.Option("--release", help="Release the hold.")] = False,
    clerk: Clerk = Clerk(role="legal"),
    json_: AsJson = False,
) -> None:
    """Place a case under a legal hold, or release it. While it is held, `stillwatch retain` deletes nothing of it.

    Example: `stillwatch case hold c-5e1fa0b7 --reason "Court order of 3 March"`
    """
    desk = clerk.desk()
    with desk.database.writing(desk.stamp) as w:
        case_id = find_case(w, case)
        place_hold(w, case_id, placed=not release, reason=reason)
    if json_:
        typer.echo(json.dumps({"case_id": case_id, "held": not release}))
    else:
        typer.echo(f"{case_id} is {'no longer held' if release else 'under a legal hold'}")
