"""`stillwatch partner accept`: accept terms that were proposed."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, show
from stillwatch.share.partners import accept
from stillwatch.share.partners import agreement as find_agreement


def command(
    agreement: Annotated[str, typer.Argument(help="Beginning of the id of the terms.", show_default=False)],
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "legal",
    json_: AsJson = False,
) -> None:
    """Accept terms that were proposed. You need the role that they name.

    Example: `stillwatch partner accept 9c41 --by dana --role legal`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        known, _, _ = find_agreement(writing, agreement)
        terms = accept(writing, known.id, office.identity.fingerprint)
    show({"agreement": terms.id, "state": "accepted"}, json_)
