"""`stillwatch partner suspend`: suspend a partner."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.partners import SUSPENDED, find_partner, save_partner


@spread
def command(
    partner: Annotated[
        str, typer.Argument(help="Partner: name, or beginning of the fingerprint.", show_default=False)
    ],
    staff: Staff = Staff(role="engineer"),
) -> None:
    """Suspend a partner: nothing is taken from them until they are added again.

    Example: `stillwatch partner suspend Borealis --by dana`
    """
    office = staff.office()
    with office.writing() as writing:
        found = find_partner(writing, partner)
        save_partner(writing, found.card, reliability=found.reliability, state=SUSPENDED)
    staff.show({"partner": found.card.name, "state": SUSPENDED})
