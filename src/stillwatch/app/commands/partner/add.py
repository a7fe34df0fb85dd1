"""`stillwatch partner add`: add a partner from a card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.model.errors import UsageError
from stillwatch.share.identity import read_card
from stillwatch.share.partners import save_partner

LEAST = 16


@spread
def command(
    card: Annotated[Path, typer.Argument(help="Card of the partner, a JSON file.", show_default=False)],
    fingerprint: Annotated[
        str, typer.Option(help="At least 16 characters of the fingerprint, as the partner read it out.")
    ] = "",
    reliability: Annotated[
        str, typer.Option(help="How reliable the source has been, A to F (F: cannot be judged).")
    ] = "F",
    staff: Staff = Staff(role="engineer"),
) -> None:
    """Add a partner from a card, if its fingerprint is the one you were told by another way.

    Example: `stillwatch partner add borealis.json --fingerprint 5f1c9a0e77d2b4c6 --by dana`
    """
    office = staff.office(make=True)
    found = read_card(card)
    if len(fingerprint) < LEAST or not found.fingerprint.startswith(fingerprint.lower()):
        raise UsageError(
            f"the card has the fingerprint {found.fingerprint}, not the one given",
            remedy=f"Ask the partner to read it out, and give at least {LEAST} characters with --fingerprint",
        )
    with office.writing() as writing:
        partner = save_partner(writing, found, reliability=reliability)
    staff.show({"partner": partner.card.name, "fingerprint": partner.id, "version": partner.version})
