"""`stillwatch share allow`: allow the common elements of an intersection to be shown to the partner that asks."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff
from stillwatch.model.errors import UsageError
from stillwatch.share.gate import elements_content
from stillwatch.share.outbox import approve_content


@spread
def command(
    session: Annotated[str, typer.Argument(help="Session, as `share ledger` lists it.", show_default=False)],
    peer: Peer = Peer(),
    staff: Staff = Staff(),
) -> None:
    """Allow the common elements of an intersection to be shown to the partner that asks.

    Example: `stillwatch share allow 0f3c… --to Borealis --by dana --role legal`
    """
    office = staff.office()
    with office.writing() as writing:
        partner, terms = peer.found(writing)
        if staff.role != terms.approver:
            raise UsageError(
                f"{staff.role!r} cannot allow this", remedy=f"The agreement names the role {terms.approver!r}"
            )
        approve_content(writing, terms, elements_content(session))
    staff.show({"session": session, "allowed_to": partner.card.name})
