"""`stillwatch share settle`: settle the review of a decision: it is upheld, or it was changed."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, show
from stillwatch.share.review import settle


def command(
    decision: Annotated[
        str, typer.Argument(help="Decision, as `share reviews` lists it.", show_default=False)
    ],
    outcome: Annotated[str, typer.Argument(help="upheld or changed.", show_default=False)],
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "reviewer",
    json_: AsJson = False,
) -> None:
    """Settle the review of a decision: it is upheld, or it was changed.

    Example: `stillwatch share settle decision-4 upheld --by dana --role reviewer`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        settled = settle(writing, decision, outcome)
    show({"decision": decision, "outcome": outcome, "reviews": len(settled)}, json_)
