"""`stillwatch share commitment`: open what we committed to in an intersection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, read_values, show
from stillwatch.share.look import opened_commitment


def command(
    session: Annotated[str, typer.Argument(help="Session of the intersection.", show_default=False)],
    values: Annotated[Path, typer.Argument(help="The set we went in with, one a line.", show_default=False)],
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "legal",
    json_: AsJson = False,
) -> None:
    """Show an auditor that a set is the one we signed a commitment to; exits with 1 if it is not.

    Example: `stillwatch share commitment 0f3c… cards.txt --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.reading() as reading:
        committed, nonce, same = opened_commitment(reading, session, read_values(values))
    show({"session": session, "commitment": committed, "nonce": nonce, "opened": same}, json_)
    if not same:
        raise typer.Exit(1)
