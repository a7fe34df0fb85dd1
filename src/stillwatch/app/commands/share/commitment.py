"""`stillwatch share commitment`: open what we committed to in an intersection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import read_values
from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.look import opened_commitment


@spread
def command(
    session: Annotated[str, typer.Argument(help="Session of the intersection.", show_default=False)],
    values: Annotated[Path, typer.Argument(help="The set we went in with, one a line.", show_default=False)],
    staff: Staff = Staff(),
) -> None:
    """Show an auditor that a set is the one we signed a commitment to; exits with 1 if it is not.

    Example: `stillwatch share commitment 0f3c… cards.txt --by dana`
    """
    office = staff.office()
    with office.reading() as reading:
        committed, nonce, same = opened_commitment(reading, session, read_values(values))
    staff.show({"session": session, "commitment": committed, "nonce": nonce, "opened": same})
    if not same:
        raise typer.Exit(1)
