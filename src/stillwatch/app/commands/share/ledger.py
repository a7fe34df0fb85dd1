"""`stillwatch share ledger`: list what was sent and received, refusals with their reasons."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.look import ledger_lines
from stillwatch.share.partners import find_partner


@spread
def command(
    partner: Annotated[str, typer.Option(help="Only this partner.")] = "",
    staff: Staff = Staff(role="analyst"),
) -> None:
    """List what was sent and received, refusals with their reasons.

    Example: `stillwatch share ledger --by dana`
    """
    office = staff.office()
    with office.reading() as reading:
        wanted = find_partner(reading, partner).id if partner else ""
        lines = ledger_lines(reading, wanted)
    staff.show({"messages": lines})
