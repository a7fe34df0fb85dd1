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


def lives(counts: Ints) -> tuple[Ints, Ints]:
    """First and last window in which each account is active; of `counts[account, window]`."""
    active = counts > 0
    return active.argmax(axis=1), counts.shape[1] - 1 - active[:, ::-1].argmax(axis=1)


def dispersion(counts: Ints) -> tuple[float, int]:
    """Index of dispersion of `counts[account, window]` given every window's total, and its degrees of freedom.

    Expected is each account's share of the window's total by the accounts' rates, over those that live: 1 if whoever
    asks next is drawn at random, less if requests are handed out evenly, more if accounts are busy at times of
    their own. An account's first and last window are left out, since it lives in a part of them only.
    """
    first, last = lives(counts)
    at = np.arange(counts.shape[1])[None, :]
    alive = (at > first[:, None]) & (at < last[:, None])
    inner = np.where(alive, counts, 0)
    rows, columns = inner.sum(axis=1) > 0, inner.sum(axis=0) > 0
    inner, alive = inner[rows][:, columns], alive[rows][:, columns].astype(np.float64)
    if inner.size == 0:
        return 1.0, 0
    total, own = inner.sum(axis=0), inner.sum(axis=1)
    rate = np.ones(len(inner))
    for _ in range(ROUNDS):
        rate = own / (alive @ (total / (rate @ alive)))
    expected = rate[:, None] * alive * (total / (rate @ alive))[None, :]
    lived = alive > 0
    chi_squared = float(((inner - expected)[lived] ** 2 / expected[lived]).sum())
    freedom = int(lived.sum()) - inner.shape[1] - len(inner) + 1
    return (chi_squared / freedom if freedom > 0 else 1.0), max(freedom, 0)


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
