"""`stillwatch share allow`: allow the common elements of an intersection to be shown to the partner that asks."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, To, Under, counterpart, open_office, show
from stillwatch.model.errors import UsageError
from stillwatch.share.gate import elements_content
from stillwatch.share.outbox import approve_content


def command(
    session: Annotated[str, typer.Argument(help="Session, as `share ledger` lists it.", show_default=False)],
    to: To = "",
    under: Under = "",
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "legal",
    json_: AsJson = False,
) -> None:
    """Allow the common elements of an intersection to be shown to the partner that asks.

    Example: `stillwatch share allow 0f3c… --to Borealis --by dana --role legal`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        partner, terms = counterpart(writing, to, under)
        if role != terms.approver:
            raise UsageError(
                f"{role!r} cannot allow this", remedy=f"The agreement names the role {terms.approver!r}"
            )
        approve_content(writing, terms, elements_content(session))
    show({"session": session, "allowed_to": partner.card.name}, json_)
