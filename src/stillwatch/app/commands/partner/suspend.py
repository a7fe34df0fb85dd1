"""`stillwatch partner suspend`: suspend a partner."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, show
from stillwatch.share.partners import SUSPENDED, find_partner, save_partner


def command(
    partner: Annotated[
        str, typer.Argument(help="Partner: name, or beginning of the fingerprint.", show_default=False)
    ],
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "engineer",
    json_: AsJson = False,
) -> None:
    """Suspend a partner: nothing is taken from them until they are added again.

    Example: `stillwatch partner suspend Borealis --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        found = find_partner(writing, partner)
        save_partner(writing, found.card, reliability=found.reliability, state=SUSPENDED)
    show({"partner": found.card.name, "state": SUSPENDED}, json_)
