"""`stillwatch share look-up`: look for our own values among the digests that a partner sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import read_values
from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.look import look_up_all


@spread
def command(
    values: Annotated[Path, typer.Argument(help="Our values, one a line.", show_default=False)],
    kind: Annotated[str, typer.Option(help="Kind of the values.")] = "payment",
    staff: Staff = Staff(role="analyst"),
) -> None:
    """Look for our own values among the digests that a partner sent.

    Example: `stillwatch share look-up our-cards.txt --kind payment --by dana`
    """
    office = staff.office()
    with office.writing() as writing:
        found = look_up_all(writing, office.identity, kind, read_values(values))
    staff.show({"kind": kind, "messages": [{"message": m, "partner": p, "found": n} for m, p, n in found]})
