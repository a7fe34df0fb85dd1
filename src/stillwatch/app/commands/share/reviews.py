"""`stillwatch share reviews`: list decisions to look at again."""

from __future__ import annotations

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.review import reviews, to_take_back


@spread
def command(
    staff: Staff = Staff(role="analyst"),
) -> None:
    """List decisions to look at again, and our own messages to take back, after retractions.

    Example: `stillwatch share reviews --by dana`
    """
    office = staff.office()
    with office.reading() as reading:
        waiting = [
            {"decision": r.decision_id, "because_of": r.message_id, "state": r.state, "path": r.path}
            for r in reviews(reading)
        ]
        ours = list(to_take_back(reading))
    staff.show({"reviews": waiting, "to_take_back": ours})
