"""`stillwatch share elements`: ask which elements of an intersection are common."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff, Way
from stillwatch.share.messages import ElementsRequest
from stillwatch.share.outbox import Outgoing


@spread
def command(
    session: Annotated[str, typer.Argument(help="Session that `share overlap` printed.", show_default=False)],
    peer: Peer = Peer(),
    way: Way = Way(),
    staff: Staff = Staff(),
) -> None:
    """Ask which elements of an intersection are common; they are shown only if somebody there allows it.

    Example: `stillwatch share elements 0f3c… --to Borealis --by dana`
    """
    office = staff.office()
    body = ElementsRequest(session=session, approved_role=staff.role)
    done = way.send(office, peer, Outgoing(body))
    with office.reading() as reading:
        found = reading.rows("shared", named=session, kind="psi_elements")
    staff.show(
        {
            "session": session,
            "shown": bool(found),
            "common": int(found[0]["amount"]) if found else None,
            **done,
        }
    )
