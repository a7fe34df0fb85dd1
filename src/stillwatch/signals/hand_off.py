"""Bans that its first exchange followed at once."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.frames import main_frames
from stillwatch.signals.sql.spans import hour_of, within, within_hours


@signal(
    grain="account",
    reads=["keys", "templates", "exchange_templates", "activity", "ban_times"],
    unit="count",
    direction=+1,
    version=1,
    family="timing",
)
def hand_off(t: Tables, *, window: Window) -> Relation:
    """Bans, of accounts with the same frame, that the account's first exchange followed at once.

    The same frame: the commonest private template of both. At once: in the clock hour of the ban or the next.

    A row needs a ban, in the window, of another account with that template; `n` is how many such bans there
    were.
    Why it points to distillation: a pool replaces what it loses, within the hour, and goes on with the same
    frame.
    Innocent look-alikes: a popular private app has new users every hour, so a ban of one of its users
    precedes some of them by chance: compare with `n` and with how often new accounts come. Accounts opened
    long before or after stay at 0.
    Cost of evading it: waiting a day before the replacement starts, and starting it before the loss, both
    with idle accounts paid for.
    Source: docs/signals/hand_off.md
    """
    first = (
        "SELECT account_id, MIN(hour) AS hour FROM activity "
        f"WHERE {within_hours(window, 'hour')} GROUP BY account_id"
    )
    bans = (
        f"SELECT b.account_id, MIN({hour_of('b.at')}) AS hour FROM ban_times b "
        f"WHERE {within(window, 'b.at')} GROUP BY b.account_id"
    )
    own = "CASE WHEN bans.hour = starts.hour OR bans.hour = starts.hour - 1 THEN 1 ELSE 0 END"
    same = "COALESCE(fresh.bans, 0) + COALESCE(older.bans, 0)"
    others = "everyone.bans - CASE WHEN bans.account_id IS NULL THEN 0 ELSE 1 END"
    return Relation(
        f"WITH frames AS ({main_frames(window=window).sql}), bans AS ({bans}), began AS ({first}), "
        "starts AS (SELECT frames.account_id, frames.template_id, began.hour FROM frames "
        "JOIN began ON began.account_id = frames.account_id), "
        "lost AS (SELECT frames.template_id, bans.hour, COUNT(*) AS bans FROM bans "
        "JOIN frames ON frames.account_id = bans.account_id GROUP BY frames.template_id, bans.hour), "
        "everyone AS (SELECT template_id, SUM(bans) AS bans FROM lost GROUP BY template_id) "
        f"SELECT starts.account_id AS subject, CAST({same} - {own} AS DOUBLE) AS value, "
        f"CAST({others} AS BIGINT) AS n "
        "FROM starts JOIN everyone ON everyone.template_id = starts.template_id "
        "LEFT JOIN lost fresh ON fresh.template_id = starts.template_id AND fresh.hour = starts.hour "
        "LEFT JOIN lost older ON older.template_id = starts.template_id AND older.hour = starts.hour - 1 "
        f"LEFT JOIN bans ON bans.account_id = starts.account_id WHERE {others} > 0"
    )
