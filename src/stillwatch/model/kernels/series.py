"""Are several accounts' series of requests independent? Dispersion, coincidence, and surrogates to hold them against.

A series is counts in windows of time, one row an account. A surrogate turns what an account did round among the days on
which it was active, by a number of days of its own: volume, days, hours and bursts stay, what it shares with others
within a day goes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    amount = counts.sum(axis=2)
    days = np.argsort(-amount if alike else amount == 0, axis=1, kind="stable")  # active days come first
    place = np.arange(counts.shape[1])[None, :]
    many = (amount > 0).sum(axis=1)[:, None]
    start = place - place % alike if alike else np.zeros_like(place)
    size = np.maximum(np.minimum(alike or counts.shape[1], many - start), 1)
    turn = 1 + mix(accounts, number)[:, None] % np.maximum(size - 1, 1)
    turned = np.where(place < many, start + (place - start + turn) % size, place)
    source = np.empty_like(days)
    np.put_along_axis(source, days, np.take_along_axis(days, turned, axis=1), axis=1)
    return np.asarray(np.take_along_axis(counts, source[:, :, None], axis=1), np.int64)


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
