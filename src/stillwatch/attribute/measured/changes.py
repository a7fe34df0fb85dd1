"""Common change-points: members that begin, end or change their pace at one time, more than random accounts do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.measured.rows import Rows, members
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.crowding import beyond, drawn_fullest, fullest

Ints = NDArray[np.int64]

WIDTH_HOURS = 24  # accounts of few requests stop or start with a session, hours off the moment
MIN_EXCHANGES = 4
MIN_ACCOUNTS = 5
SAMPLE = 1024  # members looked at, evenly spaced


def changes(t: Tables, known: tuple[Ints, Ints]) -> Rows:
    """Rows `common_change`: share of members whose largest change, as it is known of all accounts, falls into one
    window, beyond the fullest window of random sets of as many accounts."""
    accounts, hours = known
    population = np.sort(hours)
    chance: dict[int, float] = {}
    out: Rows = []
    for group, at in members(t, accounts).items():
        own = np.sort(hours[at[:: (len(at) - 1) // SAMPLE + 1]])
        n = len(own)
        if n < MIN_ACCOUNTS:
            continue
        if n not in chance:
            chance[n] = drawn_fullest(population, n, WIDTH_HOURS) / n
        out.append((group, "common_change", beyond(fullest(own, WIDTH_HOURS) / n, chance[n]), n))
    return out


def largest_changes(t: Tables) -> tuple[Ints, Ints]:
    """Sorted ids of accounts and the hour of the largest change of each: where its cumulated requests are farthest from
    an even pace.

    Whoever starts late has it at the start, whoever stops early at the end.
    """
    _write_paced(t)
    rows = t.numpy(
        """
        SELECT account_id, moment FROM (
            SELECT account_id, moment,
                   row_number() OVER (PARTITION BY account_id ORDER BY far DESC, moment) AS place FROM (
                SELECT account_id, hour - start AS moment,
                       abs((done - n) * span - (hour - start) * whole) AS far FROM paced
                UNION ALL
                SELECT account_id, hour - start + 1 AS moment,
                       abs(done * span - (hour - start + 1) * whole) AS far FROM paced
            ) AS ends) AS ranked
        WHERE place = 1 ORDER BY account_id
        """
    )
    t.drop("paced")
    return np.asarray(rows["account_id"], np.int64), np.asarray(rows["moment"]).astype(np.int64)


def _write_paced(t: Tables) -> None:
    t.define(
        "paced",
        f"""
        SELECT a.account_id, a.hour, CAST(a.n AS BIGINT) AS n, w.start, w.span,
               CAST(sum(a.n) OVER (PARTITION BY a.account_id ORDER BY a.hour) AS BIGINT) AS done,
               CAST(s.whole AS BIGINT) AS whole
        FROM activity a
        JOIN (SELECT account_id, sum(n) AS whole FROM activity GROUP BY account_id) s ON s.account_id = a.account_id
        CROSS JOIN (SELECT min(hour) AS start, max(hour) - min(hour) + 1 AS span FROM activity) w
        WHERE s.whole >= {MIN_EXCHANGES}
        """,
    )
