"""Are several accounts' series of requests independent? Dispersion, coincidence, and surrogates to hold them against.

A series is counts in windows of time, one row an account. A surrogate turns what an account did round among the days on
which it was active, by a number of days of its own: volume, days, hours and bursts stay, what it shares with others
within a day goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.hashing import mix

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ROUNDS = 8  # of proportional fitting; rates and windows agree to a percent after about five


def surrogate(counts: Ints, accounts: Ints, number: int, *, alike: int = 0) -> Ints:
    """The series `counts[account, day, slot]` with what each account did on its active days turned round among them.

    With `alike`, among so many days of about the same amount at a time, so that days on which everybody is busy stay
    such days. The turn comes from the account's id and the surrogate's `number` alone; accounts active on one day stay
    as they are.
    """
    return taken(counts, turns(counts, accounts, alike=alike).source(number))


@dataclass(frozen=True, slots=True)
class Turns:
    """How surrogates of one set of series come about: `days[account, place]` in the order in which they are turned, of
    which the first `active[account]` are, `alike` (0 for all) at a time."""

    accounts: Ints
    days: Ints
    active: Ints
    alike: int

    def source(self, number: int) -> Ints:
        """The day that stands in for each day of the surrogate with this number; int64[account, day]."""
        return _sources(self.days, self.active, mix(self.accounts, number), self.alike or self.days.shape[1])


def turns(counts: Ints, accounts: Ints, *, alike: int = 0) -> Turns:
    """Surrogates of `counts[account, day, slot]`, described at `surrogate`."""
    amount = counts.sum(axis=2)
    days = np.argsort(-amount if alike else amount == 0, axis=1, kind="stable")  # active days come first
    return Turns(accounts, days.astype(np.int64), (amount > 0).sum(axis=1), alike)


@kernel
def _sources(days: Ints, active: Ints, key: Ints, alike: int) -> Ints:
    out = np.empty_like(days)
    for i in range(days.shape[0]):
        many = active[i]
        for place in range(days.shape[1]):
            day = place
            if place < many:
                start = place - place % alike
                size = min(alike, many - start)
                turn = 1 + key[i] % max(size - 1, 1)
                day = start + (place - start + turn) % size
            out[i, days[i, place]] = days[i, day]
    return out


@kernel
def taken(counts: Ints, source: Ints) -> Ints:
    """The series `counts[account, day, slot]` with the days that stand in for its own."""
    out = np.empty_like(counts)
    for i in range(counts.shape[0]):
        for day in range(counts.shape[1]):
            out[i, day] = counts[i, source[i, day]]
    return out


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


def coincidences(active: Flags) -> int:
    """Pairs of accounts active in the same window, over all windows of `active[account, window]`."""
    together = active.sum(axis=0, dtype=np.int64)
    return int((together * (together - 1) // 2).sum())


@kernel
def turned_coincidences(active: Flags, source: Ints) -> int:
    """`coincidences` of `active[account, day, slot]` with the days that stand in for its own."""
    together = np.zeros(active.shape[1:], np.int32)
    for i in range(active.shape[0]):
        for day in range(active.shape[1]):
            for slot in range(active.shape[2]):
                together[day, slot] += active[i, source[i, day], slot]
    pairs = np.int64(0)
    for n in together.flat:
        pairs += np.int64(n) * (np.int64(n) - 1) // 2
    return int(pairs)
