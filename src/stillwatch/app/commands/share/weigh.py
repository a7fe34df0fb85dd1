"""`stillwatch share weigh`: show what partners add to a campaign."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.partners import partners
from stillwatch.share.weigh import weigh


@spread
def command(
    campaign: Annotated[str, typer.Argument(help="Our campaign.", show_default=False)],
    own_bits: Annotated[float, typer.Option("--own-bits", help="Weight of our own evidence, in bits.")] = 0.0,
    threshold: Annotated[
        float, typer.Option(help="Bits from which our own evidence may lead to action; a scan asks for 9.")
    ] = 9.0,
    staff: Staff = Staff(role="analyst"),
) -> None:
    """Show what partners add to a campaign: each independent source, its bits, and what may follow.

    Example: `stillwatch share weigh c-17 --own-bits 7.5 --by dana`
    """
    office = staff.office()
    with office.reading() as reading:
        added = weigh(reading, campaign, own_bits, threshold_bits=threshold)
        names = {partner.id: partner.card.name for partner in partners(reading)}
    sources = [
        {"source": names.get(name, name), "bits": round(bits, 2), "messages": list(rests)}
        for name, bits, rests in added.lines
    ]
    fields = {"campaign": campaign, "own_bits": added.own_bits, "added_bits": round(added.bits, 2)}
    fields |= {
        "posterior_bits": round(added.posterior_bits, 2),
        "allowed": added.allowed,
        "capped": added.capped,
    }
    staff.show(
        {**fields, "statement": added.statement, "sources": sources, "dependence": list(added.reasons)}
    )
