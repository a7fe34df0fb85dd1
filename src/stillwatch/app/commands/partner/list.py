"""`stillwatch partner list`: list partners and agreements."""

from __future__ import annotations

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, show
from stillwatch.share.partners import agreements, partners


def command(
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "analyst",
    json_: AsJson = False,
) -> None:
    """List partners and agreements.

    Example: `stillwatch partner list --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.reading() as reading:
        known = [
            {"name": p.card.name, "state": p.state, "reliability": p.reliability, "fingerprint": p.id}
            for p in partners(reading)
        ]
        terms = [
            {"agreement": t.id, "state": state, "purpose": t.purpose, "tlp": t.tlp, "pap": t.pap}
            for t, state, _ in agreements(reading)
        ]
    show({"partners": known, "agreements": terms}, json_)
