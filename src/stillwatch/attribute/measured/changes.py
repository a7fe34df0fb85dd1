"""Common change-points: members that begin, end or change their model at one time, more than random accounts do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.measured.rows import Rows, members
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.crowding import beyond, drawn_fullest, fullest

Ints = NDArray[np.int64]

WIDTH_HOURS = 6
MIN_EXCHANGES = 4
MIN_ACCOUNTS = 5
SAMPLE = 1024  # members looked at, evenly spaced
_MODEL = 1 << 32  # hours between two models' moments, so that no window holds both


def changes(t: Tables) -> Rows:
    """Rows `common_change` (activity) and `common_switch` (a model taken up) of groups with enough such members."""
    return [*_crowded(t, "common_change", *_largest_changes(t)), *_crowded(t, "common_switch", *_switches(t))]


def _crowded(t: Tables, name: str, accounts: Ints, hours: Ints) -> Rows:
    """Share of members whose moments fall into one window, beyond the fullest of random sets of accounts."""
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
        out.append((group, name, beyond(fullest(own, WIDTH_HOURS) / n, chance[n]), n))
    return out


def _largest_changes(t: Tables) -> tuple[Ints, Ints]:
    """The hour of each account's largest change: where its cumulated requests are farthest from an even pace.

    Whoever starts late has it at the start, whoever stops early at the end.
    """
    _write_paced(t)
    rows = t.numpy(
        """
        SELECT account_id, moment FROM (
            SELECT account_id, moment, row_number() OVER (PARTITION BY account_id ORDER BY far DESC, moment) AS place FROM (
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


def _switches(t: Tables) -> tuple[Ints, Ints]:
    """When each account took up a model, a day or more after it began: the one it then used most."""
    rows = t.numpy(
        """
        SELECT account_id, model_key, hour FROM (
            SELECT u.account_id, u.model_key, u.hour,
                   row_number() OVER (PARTITION BY u.account_id ORDER BY u.n DESC, u.hour, u.model_key) AS place
            FROM (SELECT account_id, model_key, min(epoch_us(ts)) // 3600000000 AS hour, count(*) AS n
                  FROM keys WHERE model_key IS NOT NULL GROUP BY account_id, model_key) u
            JOIN (SELECT account_id, min(hour) AS began FROM activity GROUP BY account_id) b
              ON b.account_id = u.account_id AND u.hour >= b.began + 24) AS later
        WHERE place = 1 ORDER BY account_id
        """
    )
    models = np.unique(np.asarray(rows["model_key"]), return_inverse=True)[1].astype(np.int64)
    return np.asarray(rows["account_id"], np.int64), np.asarray(rows["hour"]).astype(
        np.int64
    ) + models * _MODEL
