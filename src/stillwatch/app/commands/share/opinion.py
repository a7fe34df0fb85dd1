"""`stillwatch share opinion`: answer a partner."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff, Way
from stillwatch.share.look import read_opinion
from stillwatch.share.outbox import Outgoing


@spread
def command(
    subject: Annotated[
        str, typer.Argument(help="Campaign or session as the partner named it.", show_default=False)
    ],
    opinion: Annotated[
        str, typer.Argument(help="confirmed, investigate, not_seen or false_positive.", show_default=False)
    ],
    basis: Annotated[
        str, typer.Option(help="own_observation, partner_report or public_report.")
    ] = "own_observation",
    confidence: Annotated[str, typer.Option(help="low, moderate or high.")] = "moderate",
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Digest of a message that this rests on, as `share ledger` lists it."),
    ] = None,
    peer: Peer = Peer(),
    way: Way = Way(),
    staff: Staff = Staff(),
) -> None:
    """Answer a partner: what we make of the campaign or session that they named.

    Example: `stillwatch share opinion 41ab… confirmed --to Borealis --by dana`
    """
    office = staff.office()
    fields = {"subject": subject, "opinion": opinion, "basis": basis, "confidence": confidence}
    body = read_opinion({**fields, "kind": "opinion.v1", "origins": origin or []})
    staff.show(way.send(office, peer, Outgoing(body)))
