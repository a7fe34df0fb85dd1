"""`stillwatch share settle`: settle the review of a decision: it is upheld, or it was changed."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.review import settle


@spread
def command(
    decision: Annotated[
        str, typer.Argument(help="Decision, as `share reviews` lists it.", show_default=False)
    ],
    outcome: Annotated[str, typer.Argument(help="upheld or changed.", show_default=False)],
    staff: Staff = Staff(role="reviewer"),
) -> None:
    """Settle the review of a decision: it is upheld, or it was changed.

    Example: `stillwatch share settle decision-4 upheld --by dana --role reviewer`
    """
    office = staff.office()
    with office.writing() as writing:
        settled = settle(writing, decision, outcome)
    staff.show({"decision": decision, "outcome": outcome, "reviews": len(settled)})
