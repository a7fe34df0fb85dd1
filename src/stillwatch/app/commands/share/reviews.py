"""`stillwatch share reviews`: list decisions to look at again."""

from __future__ import annotations

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, show
from stillwatch.share.review import reviews, to_take_back


def command(
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "analyst",
    json_: AsJson = False,
) -> None:
    """List decisions to look at again, and our own messages to take back, after retractions.

    Example: `stillwatch share reviews --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.reading() as reading:
        waiting = [
            {"decision": r.decision_id, "because_of": r.message_id, "state": r.state, "path": r.path}
            for r in reviews(reading)
        ]
        ours = list(to_take_back(reading))
    show({"reviews": waiting, "to_take_back": ours}, json_)
