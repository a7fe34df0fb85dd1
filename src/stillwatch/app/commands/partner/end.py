"""`stillwatch partner end`: end an agreement: nothing more goes out or comes in under it."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, show
from stillwatch.share.partners import agreement as find_agreement
from stillwatch.share.partners import end


def command(
    agreement: Annotated[str, typer.Argument(help="Beginning of the id of the terms.", show_default=False)],
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "legal",
    json_: AsJson = False,
) -> None:
    """End an agreement: nothing more goes out or comes in under it.

    Example: `stillwatch partner end 9c41 --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        known, _, _ = find_agreement(writing, agreement)
        end(writing, known.id, office.identity.fingerprint)
    show({"agreement": known.id, "state": "ended"}, json_)
