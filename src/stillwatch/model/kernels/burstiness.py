"""Burstiness of a series of requests from the mean and the spread of its pauses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def burstiness(pauses: Ints, total: Floats, squares: Floats) -> Floats:
    """Goh and Barabási's B of each series, from the number, sum and sum of squares of its pauses; -1 regular, 0 random,
    1 bursty.

    With the correction for short series of Kim and Jo. Sources: Goh and Barabási, EPL 81, 48002, 2008; Kim and Jo,
    Phys. Rev. E 94, 032311, 2016.
    """
    n = np.maximum(pauses, 1).astype(np.float64)
    mean = total / n
    spread = np.sqrt(np.maximum(squares / n - mean**2, 0.0))
    r = np.divide(spread, mean, out=np.zeros_like(mean), where=mean > 0)
    up, down = np.sqrt(n + 1), np.sqrt(np.maximum(n - 1, 0.0))
    return np.asarray((up * r - down) / ((up - 2) * r + down + 1e-12), np.float64)


def ranks_among_alike(values: Floats, kind: Ints, *, least: int) -> Floats:
    """Rank of each value among those of its kind, between 0 and 1; NaN where a kind has fewer than `least`.

    Equal values share their middle rank.
    """
    order = np.lexsort((values, kind))
    v, k = values[order], kind[order]
    fresh = np.ones(len(v), dtype=bool)
    fresh[1:] = k[1:] != k[:-1]
    tied = fresh.copy()
    tied[1:] |= v[1:] != v[:-1]
    start = np.flatnonzero(fresh)[np.cumsum(fresh) - 1]
    size = np.diff(np.append(np.flatnonzero(fresh), len(v)))[np.cumsum(fresh) - 1]
    low = np.flatnonzero(tied)[np.cumsum(tied) - 1] - start
    high = low + np.diff(np.append(np.flatnonzero(tied), len(v)))[np.cumsum(tied) - 1] - 1
    out = np.full(len(v), np.nan)
    out[order] = np.where(size >= least, ((low + high) / 2 + 0.5) / np.maximum(size, 1), np.nan)
    return out


def likeness(ranks: Floats) -> float:
    """How much less ranks between 0 and 1 spread than random ones: 0 as random or more, 1 all the same."""
    return float(max(0.0, 1.0 - np.std(ranks, ddof=1) * 12.0**0.5))
