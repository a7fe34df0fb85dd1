"""`stillwatch share retract`: take back a message that we sent."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff, Way
from stillwatch.share.look import retraction_of
from stillwatch.share.outbox import Outgoing


@spread
def command(
    message: Annotated[
        str,
        typer.Argument(help="Message id, or its beginning, as `share ledger` lists it.", show_default=False),
    ],
    reason: Annotated[
        str, typer.Option(help="mistaken, withdrawn_by_source, legal, superseded or compromised.")
    ] = "mistaken",
    peer: Peer = Peer(),
    way: Way = Way(),
    staff: Staff = Staff(),
) -> None:
    """Take back a message that we sent; the partner's decisions that rest on it are marked for review there.

    Example: `stillwatch share retract 5d0c… --reason mistaken --to Borealis --by dana`
    """
    office = staff.office()
    with office.reading() as reading:
        body = retraction_of(reading, message, reason)
    staff.show(way.send(office, peer, Outgoing(body)))
