"""Share moved to a new model within a day of its release."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import quotient
from stillwatch.signals.sql.spans import within


@signal(
    grain="account",
    reads=["keys", "release_times"],
    unit="share",
    direction=+1,
    version=1,
    family="timing",
)
def model_pivot(t: Tables, *, window: Window, hours: int = 24) -> Relation:
    """Share of an account's exchanges on the first day after a release that went to the new model.

    The first day is `hours` long; the largest share over the releases counts.

    Only accounts seen before the release can move, and only releases inside the window are seen from both
    sides.
    Why it points to distillation: a campaign wants the best teacher and switches its whole pool within a day.
    Innocent look-alikes: enthusiasts, resellers and evaluation teams switch at once and fire; products move
    weeks later, after tests.
    Cost of evading it: waiting, some days of the newest model; or moving in part.
    Source: docs/signals/model_pivot.md
    """
    seen = f"SELECT account_id, ts, model_key FROM keys WHERE {within(window, 'ts')}"
    after = (
        "SELECT seen.account_id, r.model_key, COUNT(*) AS n, "
        "SUM(CASE WHEN seen.model_key = r.model_key THEN 1 ELSE 0 END) AS moved "
        "FROM seen JOIN began ON began.account_id = seen.account_id "
        f"JOIN releases r ON seen.ts >= r.released_at AND seen.ts < r.released_at + INTERVAL {hours} HOUR "
        "WHERE began.ts < r.released_at AND seen.model_key IS NOT NULL GROUP BY seen.account_id, r.model_key"
    )
    share = quotient("moved", "n")
    place = f"ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY {share} DESC, n DESC)"
    return Relation(
        f"WITH seen AS ({seen}), "
        "began AS (SELECT account_id, MIN(ts) AS ts FROM seen GROUP BY account_id), "
        "releases AS (SELECT model_key, MIN(released_at) AS released_at FROM release_times "
        f"WHERE {within(window, 'released_at')} GROUP BY model_key) "
        "SELECT account_id AS subject, value, n FROM ("
        f"SELECT account_id, {share} AS value, n, {place} AS place FROM ({after}) fresh) ranked "
        "WHERE place = 1"
    )
