"""Surrogates to hold accounts' series against.

A surrogate turns what an account did round among the days on which it was active, by a number of days of its own:
volume, days, hours and bursts stay, what it shares with others within a day goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.hashing import mix_words
from stillwatch.model.kernels.series import dispersion

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def surrogate(counts: Ints, accounts: Ints, number: int, *, alike: int = 0) -> Ints:
    """The series `counts[account, day, slot]` with what each account did on its active days turned round among them.

    With `alike`, among so many days of about the same amount at a time, so that days on which everybody is busy stay
    such days. The turn comes from the account's id and the surrogate's `number` alone; accounts active on one day stay
    as they are.
    """
    return _taken(counts, _sources(*turns(counts, accounts, alike=alike).rows, number))


@dataclass(frozen=True, slots=True)
class Turns:
    """How surrogates of one set of series come about: `days[account, place]` in the order in which they are turned, of
    which the first `active[account]` are, `alike` at a time."""

    accounts: Ints
    days: Ints
    active: Ints
    alike: int

    @property
    def rows(self) -> tuple[Ints, Ints, Ints, int]:
        """All of it, for kernels."""
        return self.accounts, self.days, self.active, self.alike

    def dispersions(self, counts: Ints, draws: int) -> Floats:
        """`dispersion` of the surrogates 1 to `draws` of `counts[account, day, slot]`; float64[draws]."""
        return _dispersions(counts, *self.rows, draws)

    def coincidences(self, active: Flags, draws: int) -> Ints:
        """`coincidences` of the surrogates 1 to `draws` of `active[account, day, slot]`; int64[draws]."""
        return _coincidences(active, *self.rows, draws)


def turns(counts: Ints, accounts: Ints, *, alike: int = 0) -> Turns:
    """Surrogates of `counts[account, day, slot]`, described at `surrogate`."""
    amount = counts.sum(axis=2)
    days = np.argsort(-amount if alike else amount == 0, axis=1, kind="stable")  # active days come first
    return Turns(accounts, days.astype(np.int64), (amount > 0).sum(axis=1), alike or days.shape[1])


@kernel
def _sources(accounts: Ints, days: Ints, active: Ints, alike: int, number: int) -> Ints:
    """The day that stands in for each day of the surrogate with this number; int64[account, day]."""
    out = np.empty_like(days)
    for i in range(days.shape[0]):
        many = active[i]
        key = np.int64(mix_words(np.uint64(accounts[i]), np.uint64(number)))
        for place in range(days.shape[1]):
            day = place
            if place < many:
                start = place - place % alike
                size = min(alike, many - start)
                turn = 1 + key % max(size - 1, 1)
                day = start + (place - start + turn) % size
            out[i, days[i, place]] = days[i, day]
    return out


@kernel
def _taken(counts: Ints, source: Ints) -> Ints:
    """The series `counts[account, day, slot]` with the days that stand in for its own."""
    out = np.empty_like(counts)
    for i in range(counts.shape[0]):
        for day in range(counts.shape[1]):
            out[i, day] = counts[i, source[i, day]]
    return out


@kernel
def _dispersions(counts: Ints, accounts: Ints, days: Ints, active: Ints, alike: int, draws: int) -> Floats:
    out = np.empty(draws)
    for b in range(draws):
        turned = _taken(counts, _sources(accounts, days, active, alike, b + 1))
        out[b] = dispersion(turned.reshape(counts.shape[0], counts.shape[1] * counts.shape[2]))[0]
    return out


@kernel
def _coincidences(when: Flags, accounts: Ints, days: Ints, active: Ints, alike: int, draws: int) -> Ints:
    starts, slots = _busy(when)
    width = when.shape[1]
    out = np.zeros(draws, np.int64)
    for b in range(draws):
        source = _sources(accounts, days, active, alike, b + 1)
        together = np.zeros(when.shape[1:], np.int32)
        for i in range(when.shape[0]):
            for day in range(width):
                row = i * width + source[i, day]
                for slot in slots[starts[row] : starts[row + 1]]:
                    out[b] += together[day, slot]
                    together[day, slot] += 1
    return out


@kernel
def _busy(when: Flags) -> tuple[Ints, Ints]:
    """Slots in which each account is active, one day after the other: where each day of each account starts, slots."""
    starts, slots = np.zeros(when.shape[0] * when.shape[1] + 1, np.int64), np.empty(when.sum(), np.int64)
    n = 0
    for i in range(when.shape[0]):
        for day in range(when.shape[1]):
            for slot in range(when.shape[2]):
                if when[i, day, slot]:
                    slots[n] = slot
                    n += 1
            starts[i * when.shape[1] + day + 1] = n
    return starts, slots
