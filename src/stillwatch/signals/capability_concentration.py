"""Share of requests that ask for one capability."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.kernels.sketch import INTENT_COLUMNS
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import quotient
from stillwatch.signals.sql.spans import within


@signal(
    grain="account",
    reads=["keys"],
    unit="share",
    direction=+1,
    version=1,
    family="content",
)
def capability_concentration(t: Tables, *, window: Window, threshold: int = 200) -> Relation:
    """Share of an account's requests that ask for the one capability it asks for most.

    An exchange asks for a capability when its intent score reaches `threshold`, in 1/100 bit (200 = 2 bits).
    Why it points to distillation: a campaign is after a capability its owner lacks, and buys that one in
    bulk.
    Innocent look-alikes: a judge in an evaluation, a tutoring site, a coding agent: products have one purpose
    too and fire. A person with mixed questions stays low.
    Cost of evading it: traffic of other kinds, paid for at the same price; one half cover doubles the bill.
    Source: docs/signals/capability_concentration.md
    """
    asked = [f"SUM(CASE WHEN {name} >= {threshold} THEN 1 ELSE 0 END)" for name in INTENT_COLUMNS]
    most = f"GREATEST({', '.join(asked)})"
    return Relation(
        f"SELECT account_id AS subject, {quotient(most, 'COUNT(*)')} AS value, COUNT(*) AS n FROM keys "
        f"WHERE {within(window, 'ts')} AND COALESCE({', '.join(INTENT_COLUMNS)}) IS NOT NULL GROUP BY account_id"
    )
