"""`stillwatch partner end`: end an agreement: nothing more goes out or comes in under it."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.partners import agreement as find_agreement
from stillwatch.share.partners import end


@spread
def command(
    agreement: Annotated[str, typer.Argument(help="Beginning of the id of the terms.", show_default=False)],
    staff: Staff = Staff(),
) -> None:
    """End an agreement: nothing more goes out or comes in under it.

    Example: `stillwatch partner end 9c41 --by dana`
    """
    office = staff.office()
    with office.writing() as writing:
        known, _, _ = find_agreement(writing, agreement)
        end(writing, known.id, office.identity.fingerprint)
    staff.show({"agreement": known.id, "state": "ended"})
