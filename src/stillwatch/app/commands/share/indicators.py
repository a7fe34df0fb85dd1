"""`stillwatch share indicators`: send keyed digests of values that stand a search."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import read_values
from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff, Way
from stillwatch.share.look import day_number, indicator_messages
from stillwatch.share.outbox import Outgoing


@spread
def command(
    values: Annotated[Path, typer.Argument(help="Our values, one a line.", show_default=False)],
    kind: Annotated[str, typer.Option(help="Kind of the values.")] = "payment",
    first: Annotated[str, typer.Option(help="First day they were seen, such as 2026-11-02.")] = "",
    last: Annotated[str, typer.Option(help="Last day they were seen.")] = "",
    peer: Peer = Peer(),
    way: Way = Way(),
    staff: Staff = Staff(),
) -> None:
    """Send keyed digests of values that stand a search: cards, e-mail addresses, clients, templates.

    Example: `stillwatch share indicators cards.txt --kind payment --to Borealis --by dana`
    """
    office = staff.office()
    days = (day_number(first), day_number(last or first))
    with office.reading() as reading:
        partner, terms = peer.found(reading)
    now = int(datetime.now(UTC).timestamp())
    found = {kind: read_values(values)}
    bodies = indicator_messages(office.identity, partner, terms, found, days, now=now)
    done: dict[str, object] = {}
    for number, body in enumerate(bodies, 1):
        file = way.file and way.file.with_name(f"{way.file.name}.{number}") if len(bodies) > 1 else way.file
        done = Way(way.trust, file).send(office, peer, Outgoing(body))
    staff.show(
        {"kind": kind, "digests": sum(len(body.items) for body in bodies), "messages": len(bodies), **done}
    )
