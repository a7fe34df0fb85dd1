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
    if len(fingerprint) < LEAST:
        raise UsageError(
            f"--fingerprint needs at least {LEAST} characters",
            remedy="Ask the partner to read more of it out, by another way than the card came",
        )
    if not found.fingerprint.startswith(fingerprint.lower()):
        raise UsageError(
            "the fingerprint given is not that of the card",
            where=str(card),
            remedy="Let the partner read out what `stillwatch partner card` prints there, by telephone or in person, "
            "not by the way the card came; if it stays another one, ask for a new card",
        )
    with office.writing() as writing:
        partner = save_partner(writing, found, reliability=reliability)
    staff.show({"partner": partner.card.name, "fingerprint": partner.id, "version": partner.version})
