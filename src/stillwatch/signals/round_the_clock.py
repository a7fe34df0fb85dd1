"""How evenly its active hours cover the day."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.spans import within_hours


@signal(
    grain="account",
    reads=["activity"],
    unit="share",
    direction=+1,
    version=1,
    family="timing",
)
def round_the_clock(t: Tables, *, window: Window, min_hours: int = 48) -> Relation:
    """Evenness of an account's active hours over the 24 hours of the day.

    Entropy over log2(24): 1 is a uniform clock.

    An hour counts once, however busy it was. Accounts active in fewer than `min_hours` hours have no row: a
    few hours cannot show a day. Shifting the clock does not change the value, so no time zone is favoured.
    Why it points to distillation: a machine does not sleep.
    Innocent look-alikes: every production service, and an account shared by a team on several continents,
    fires fully. A person, or an office, leaves the night empty.
    Cost of evading it: working eight hours a day takes three times the accounts, or three times the days.
    Source: docs/signals/round_the_clock.md
    """
    hours = f"SELECT DISTINCT account_id, hour FROM activity WHERE n > 0 AND {within_hours(window, 'hour')}"
    cells = (
        f"SELECT account_id, hour % 24 AS cell, COUNT(*) AS c FROM ({hours}) hours "
        "GROUP BY account_id, hour % 24"
    )
    # whole units of 2^-20 bit, so that the order of adding does not show
    spread = "SUM(CAST(ROUND(c * LOG2(CAST(c AS DOUBLE)) * 1048576) AS BIGINT))"
    entropy = f"LOG2(CAST(SUM(c) AS DOUBLE)) - CAST({spread} AS DOUBLE) / 1048576 / CAST(SUM(c) AS DOUBLE)"
    even = f"ROUND(({entropy}) / LOG2(CAST(24 AS DOUBLE)), 6)"
    return Relation(
        "SELECT account_id AS subject, "
        f"LEAST(CAST(1 AS DOUBLE), GREATEST(CAST(0 AS DOUBLE), {even})) AS value, "
        f"CAST(SUM(c) AS BIGINT) AS n FROM ({cells}) cells GROUP BY account_id HAVING SUM(c) >= {min_hours}"
    )
