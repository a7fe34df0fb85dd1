"""`stillwatch partner accept`: accept terms that were proposed."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.partners import accept
from stillwatch.share.partners import agreement as find_agreement


@spread
def command(
    agreement: Annotated[str, typer.Argument(help="Beginning of the id of the terms.", show_default=False)],
    staff: Staff = Staff(),
) -> None:
    """Accept terms that were proposed. You need the role that they name.

    Example: `stillwatch partner accept 9c41 --by dana --role legal`
    """
    office = staff.office()
    with office.writing() as writing:
        known, _, _ = find_agreement(writing, agreement)
        terms = accept(writing, known.id, office.identity.fingerprint)
    staff.show({"agreement": terms.id, "state": "accepted"})
