"""Shared burstiness: members whose pauses between requests are spread alike, as one program behind them makes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.measured.rows import Rows, members
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.burstiness import burstiness, likeness, ranks_among_alike

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MIN_EXCHANGES = 8
MIN_ACCOUNTS = 4
LEAST_ALIKE = 20  # accounts of like volume that a rank is taken among
_TENTH_US = 100_000  # tenths of a second: the sum of squares of a year's pauses fits into 64 bits


def burst_ranks(t: Tables) -> tuple[Ints, Floats]:
    """Sorted ids of the accounts with enough requests, and the rank of their burstiness among accounts of as many,
    between 0 and 1, NaN where these are too few."""
    rows = t.numpy(
        f"""
        SELECT account_id, count(*) AS pauses, sum(pause) AS total, sum(pause * pause) AS squares
        FROM (SELECT account_id, epoch_us(ts) // {_TENTH_US} - lag(epoch_us(ts) // {_TENTH_US}) OVER (
                  PARTITION BY account_id ORDER BY ts) AS pause FROM keys) AS p
        WHERE pause IS NOT NULL GROUP BY account_id HAVING count(*) >= {MIN_EXCHANGES - 1} ORDER BY account_id
        """
    )
    pauses = np.asarray(rows["pauses"], np.int64)
    total, squares = np.asarray(rows["total"], np.float64), np.asarray(rows["squares"], np.float64)
    volume = np.floor(np.log2(np.maximum(pauses, 1))).astype(np.int64)
    ranks = ranks_among_alike(burstiness(pauses, total, squares), volume, least=LEAST_ALIKE)
    return np.asarray(rows["account_id"], np.int64), ranks


def bursts(t: Tables, known: tuple[Ints, Floats]) -> Rows:
    """Rows `like_bursts`: how much less members' burstiness spreads than that of accounts of as many requests, by the
    ranks that are known of all accounts."""
    ids, ranks = known
    out: Rows = []
    for group, at in members(t, ids).items():
        own = ranks[at][~np.isnan(ranks[at])]
        if len(own) >= MIN_ACCOUNTS:
            out.append((group, "like_bursts", likeness(own), len(own)))
    return out
