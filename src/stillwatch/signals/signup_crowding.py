"""How crowded the hour of its sign-up was."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.families import KINDS
from stillwatch.model.registry import signal
from stillwatch.signals.sql.spans import known_by


@signal(
    grain="account",
    reads=["holdings"],
    unit="bits",
    direction=+1,
    version=1,
    family="identity",
)
def signup_crowding(t: Tables, *, window: Window) -> Relation:
    """Doublings by which sign-ups in the account's sign-up hour exceed those of other hours.

    Compared with the mean of the other hours that saw any sign-up; never below 0.

    Why it points to distillation: accounts of a pool are made by a script in one go.
    Innocent look-alikes: launches, advertisements, lectures and hackathons crowd the same way and fire. On an
    ordinary day, in an ordinary hour, the value is near zero.
    Cost of evading it: spreading sign-ups over weeks, or buying aged accounts at a few dollars each.
    Source: docs/signals/signup_crowding.md
    """
    held = (
        "SELECT DISTINCT account_id, value_key FROM holdings "
        f"WHERE kind = {KINDS['signup_hour'].code} AND {known_by(window, 'first_seen')}"
    )
    usual = "CAST(everything.accounts - hours.accounts AS DOUBLE) / CAST(everything.hours - 1 AS DOUBLE)"
    excess = f"ROUND(LOG2(CAST(hours.accounts AS DOUBLE) / ({usual})), 9)"
    return Relation(
        f"WITH held AS ({held}), "
        "hours AS (SELECT value_key, COUNT(*) AS accounts FROM held GROUP BY value_key), "
        "everything AS (SELECT SUM(accounts) AS accounts, COUNT(*) AS hours FROM hours) "
        f"SELECT held.account_id AS subject, MAX(GREATEST(CAST(0 AS DOUBLE), {excess})) AS value, "
        "MAX(hours.accounts) AS n "
        "FROM held JOIN hours ON hours.value_key = held.value_key CROSS JOIN everything "
        "WHERE everything.hours > 1 GROUP BY held.account_id"
    )
