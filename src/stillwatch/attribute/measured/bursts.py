"""Shared burstiness: members whose pauses between requests are spread alike, as one program behind them makes them."""

from __future__ import annotations

import numpy as np

from stillwatch.attribute.measured.rows import Rows, members
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.burstiness import burstiness, likeness, ranks_among_alike

MIN_EXCHANGES = 8
MIN_ACCOUNTS = 4
LEAST_ALIKE = 20  # accounts of like volume that a rank is taken among
_TENTH_US = 100_000  # tenths of a second: the sum of squares of a year's pauses fits into 64 bits


def bursts(t: Tables) -> Rows:
    """Rows `like_bursts`: how much less members' burstiness spreads than that of accounts of as many requests."""
    rows = t.numpy(
        f"""
        SELECT account_id, count(*) AS pauses, sum(pause) AS total, sum(pause * pause) AS squares
        FROM (SELECT account_id, epoch_us(ts) // {_TENTH_US} - lag(epoch_us(ts) // {_TENTH_US}) OVER (
                  PARTITION BY account_id ORDER BY ts) AS pause FROM keys) AS p
        WHERE pause IS NOT NULL GROUP BY account_id HAVING count(*) >= {MIN_EXCHANGES - 1} ORDER BY account_id
        """
    )
    ids = np.asarray(rows["account_id"], np.int64)
    pauses = np.asarray(rows["pauses"], np.int64)
    total, squares = np.asarray(rows["total"], np.float64), np.asarray(rows["squares"], np.float64)
    volume = np.floor(np.log2(np.maximum(pauses, 1))).astype(np.int64)
    ranks = ranks_among_alike(burstiness(pauses, total, squares), volume, least=LEAST_ALIKE)
    out: Rows = []
    for group, at in members(t, ids).items():
        own = ranks[at][~np.isnan(ranks[at])]
        if len(own) >= MIN_ACCOUNTS:
            out.append((group, "like_bursts", likeness(own), len(own)))
    return out
