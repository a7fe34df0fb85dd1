"""`stillwatch case decide`: a decision with its reason."""

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
    decision: Annotated[
        str,
        typer.Argument(
            help="On the case: confirm, dismiss, undecided, reopen. On one account: accuse, clear.",
            show_default=False,
        ),
    ],
    reason: Annotated[
        str, typer.Option(help="What it rests on; anybody who reads the case later depends on it.")
    ],
    account: Annotated[str, typer.Option(help="Account that `accuse` or `clear` is about.")] = "",
    clerk: Clerk = Clerk(),
    json_: AsJson = False,
) -> None:
    """Decide on a case, or on one account in it, on the exhibits there are now; their digest goes with the decision.

    A later decision supersedes an earlier one, which stays. `reopen` takes closing and finding back. Nothing is done to
    any account by this.

    Example: `stillwatch case decide c-5e1fa0b7 confirm --reason "Two families, no declared relation" --role reviewer`

    Example: `stillwatch case decide c-5e1fa0b7 clear --account acct-17 --reason "Contract names the evaluation"`
    """
    desk = clerk.desk()
    with desk.database.writing(desk.stamp) as w:
        case_id = find_case(w, case)
        row = decide(w, case_id, decision, reason=reason, account_id=account)
    if json_:
        names = ("decision_id", "case_id", "number", "kind", "supersedes", "exhibits", "evidence")
        typer.echo(json.dumps({name: row[name] for name in names}))
        return
    known = "exhibit 1" if row["exhibits"] == 1 else f"exhibits 1 to {row['exhibits']}"
    typer.echo(f"Decision {row['number']} on {case_id}: {row['kind']}, on {known}")
