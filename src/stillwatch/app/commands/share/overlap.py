"""`stillwatch share overlap`: private set intersection with a partner, size first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import new_session, read_values
from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff, Way
from stillwatch.share.oprf import ELEMENT_BYTES
from stillwatch.share.rounds import BACKGROUND, begin


@spread
def command(
    values: Annotated[Path, typer.Argument(help="Our values, one a line.", show_default=False)],
    kind: Annotated[str, typer.Option(help="Kind of the values.")] = "payment",
    campaign: Annotated[str, typer.Option(help="Campaign that they belong to.")] = "",
    background: Annotated[
        float, typer.Option(min=0, max=1, help="Share of our values that any partner has by chance.")
    ] = BACKGROUND,
    peer: Peer = Peer(),
    way: Way = Way(),
    staff: Staff = Staff(),
) -> None:
    """Ask a partner how many of our values of a kind they have, without showing them: private set intersection.

    Example: `stillwatch share overlap cards.txt --kind payment --campaign c-17 --to Borealis --by dana`
    """
    office = staff.office()
    table = office.table({kind: values}, background)
    session = new_session()
    out = begin(table, session, kind, read_values(values), campaign)
    done = way.send(office, peer, out, table=table)
    with office.reading() as reading:
        size = [int(row["amount"]) for row in reading.rows("shared", named=session, kind="psi_size")]
    staff.show(
        {
            "session": session,
            "values": len(out.attachment) // ELEMENT_BYTES,
            "common": size[0] if size else None,
            **done,
        }
    )
