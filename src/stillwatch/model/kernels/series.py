"""Are several accounts' series of requests independent? Their dispersion and coincidence.

A series is counts in windows of time, one row an account.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.kernels.compiled import kernel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ROUNDS = 8  # of proportional fitting; rates and windows agree to a percent after about five


@kernel
def dispersion(counts: Ints) -> tuple[float, int]:
    """Index of dispersion of `counts[account, window]` given every window's total, and its degrees of freedom.

    Expected is each account's share of the window's total by the accounts' rates, over those that live: 1 if whoever
    asks next is drawn at random, less if requests are handed out evenly, more if accounts are busy at times of
    their own. An account's first and last window are left out, since it lives in a part of them only.
    """
    first, last = _lives(counts)
    row, window, n, own, total = _inner(counts, first, last)
    kept = np.cumsum((total > 0).astype(np.int64))  # windows in which anybody asks, so many up to each
    asked = total[total > 0].astype(np.float64)
    alive = np.flatnonzero(own > 0)
    if len(alive) == 0:
        return 1.0, 0
    low, high = kept[first[alive]], kept[last[alive] - 1]
    rate, share = _fitted(own[alive].astype(np.float64), asked, low, high)
    lived, chi_squared = 0, 0.0
    for i in range(len(alive)):
        lived += high[i] - low[i]
        chi_squared += rate[i] * _sum(share, low[i], high[i])
    place = np.cumsum((own > 0).astype(np.int64)) - 1
    for k in range(len(n)):
        expected = rate[place[row[k]]] * share[kept[window[k]] - 1]
        chi_squared += n[k] * n[k] / expected - 2.0 * n[k]
    freedom = lived - len(asked) - len(alive) + 1
    if freedom <= 0:
        return 1.0, 0
    return max(chi_squared, 0.0) / freedom, freedom


@kernel
def _lives(counts: Ints) -> tuple[Ints, Ints]:
    """First and last window in which each account is active; of `counts[account, window]`."""
    first, last = np.zeros(len(counts), np.int64), np.zeros(len(counts), np.int64)
    for i in range(counts.shape[0]):
        begin, end = 0, counts.shape[1] - 1
        while begin < end and counts[i, begin] == 0:
            begin += 1
        while begin < end and counts[i, end] == 0:
            end -= 1
        first[i], last[i] = begin, end
    return first, last


@kernel
def _inner(counts: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Account, window and number of the counts between each account's first and last window; sums of them by account
    and by window."""
    own, total = np.zeros(counts.shape[0], np.int64), np.zeros(counts.shape[1], np.int64)
    many = 0
    for i in range(counts.shape[0]):
        for w in range(first[i] + 1, last[i]):
            many += counts[i, w] > 0
    row, window, n = np.empty(many, np.int64), np.empty(many, np.int64), np.empty(many, np.int64)
    k = 0
    for i in range(counts.shape[0]):
        for w in range(first[i] + 1, last[i]):
            if counts[i, w] > 0:
                row[k], window[k], n[k] = i, w, counts[i, w]
                own[i] += n[k]
                total[w] += n[k]
                k += 1
    return row, window, n, own, total


@kernel
def _fitted(own: Floats, total: Floats, low: Ints, high: Ints) -> tuple[Floats, Floats]:
    """Rate of each account, which lives in the windows from `low` to before `high`, and what a window has for each
    unit of rate: their product is what is expected."""
    rate = np.ones(len(own))
    for _ in range(ROUNDS):
        share = total / _together(rate, low, high, len(total))
        for i in range(len(own)):
            rate[i] = own[i] / _sum(share, low[i], high[i])
    return rate, total / _together(rate, low, high, len(total))


@kernel
def _together(rate: Floats, low: Ints, high: Ints, windows: int) -> Floats:
    """Rates of the accounts that live in each window, added up."""
    out = np.zeros(windows)
    for i in range(len(rate)):
        for w in range(low[i], high[i]):
            out[w] += rate[i]
    return out


@kernel
def _sum(values: Floats, low: int, high: int) -> float:
    """Sum of values from `low` to before `high`, four at a time."""
    a = b = c = d = 0.0
    end = low + (high - low) // 4 * 4
    for w in range(low, end, 4):
        a += values[w]
        b += values[w + 1]
        c += values[w + 2]
        d += values[w + 3]
    for w in range(end, high):
        a += values[w]
    return (a + b) + (c + d)


@kernel
def coincidences(active: Flags) -> int:
    """Pairs of accounts active in the same window, over all windows of `active[account, window]`."""
    together, pairs = np.zeros(active.shape[1], np.int64), np.int64(0)
    for i in range(active.shape[0]):
        for w in range(active.shape[1]):
            if active[i, w]:
                pairs += together[w]
                together[w] += 1
    return int(pairs)
