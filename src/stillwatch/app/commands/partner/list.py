"""`stillwatch partner list`: list partners and agreements."""

from __future__ import annotations

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.partners import agreements, partners


@spread
def command(
    staff: Staff = Staff(role="analyst"),
) -> None:
    """List partners and agreements.

    Example: `stillwatch partner list --by dana`
    """
    office = staff.office()
    with office.reading() as reading:
        known = [
            {"name": p.card.name, "state": p.state, "reliability": p.reliability, "fingerprint": p.id}
            for p in partners(reading)
        ]
        terms = [
            {"agreement": t.id, "state": state, "purpose": t.purpose, "tlp": t.tlp, "pap": t.pap}
            for t, state, _ in agreements(reading)
        ]
    staff.show({"partners": known, "agreements": terms})
