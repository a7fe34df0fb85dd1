"""`stillwatch share ledger`: list what was sent and received, refusals with their reasons."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, show
from stillwatch.share.look import ledger_lines
from stillwatch.share.partners import find_partner


def command(
    partner: Annotated[str, typer.Option(help="Only this partner.")] = "",
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "analyst",
    json_: AsJson = False,
) -> None:
    """List what was sent and received, refusals with their reasons.

    Example: `stillwatch share ledger --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.reading() as reading:
        wanted = find_partner(reading, partner).id if partner else ""
        lines = ledger_lines(reading, wanted)
    show({"messages": lines}, json_)
