"""Hours from sign-up to first exchange."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.spans import hour_of, within_hours


@signal(
    grain="account",
    reads=["activity", "facts"],
    unit="hours",
    direction=0,
    version=1,
    family="identity",
)
def account_age(t: Tables, *, window: Window) -> Relation:
    """Clock hours from the account's sign-up to its first exchange in the window.

    0 where the account is dated later than its first exchange.

    Why it is measured: it describes. Pools start at once or, bought aged, after months of silence; so do
    people who came for one task and people who came back. What speaks is the same age in a whole group.
    Innocent look-alikes: a class that signs up in the first lesson, holiday projects taken up again.
    Cost of evading it: aged accounts, a few dollars each.
    Source: docs/signals/account_age.md
    """
    first = (
        "SELECT account_id, MIN(hour) AS hour, SUM(n) AS n FROM activity "
        f"WHERE {within_hours(window, 'hour')} GROUP BY account_id"
    )
    age = f"began.hour - {hour_of('f.created_at')}"
    return Relation(
        f"SELECT began.account_id AS subject, CAST(MAX(GREATEST(0, {age})) AS DOUBLE) AS value, "
        f"CAST(MAX(began.n) AS BIGINT) AS n FROM ({first}) began "
        "JOIN facts f ON f.account_id = began.account_id "
        "WHERE f.created_at IS NOT NULL GROUP BY began.account_id"
    )
