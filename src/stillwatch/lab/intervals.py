"""Shares and rates with 95% intervals over independent groups and seeds.

An interval is a percentile bootstrap in two steps: seeds are drawn, and in each drawn seed its groups. A group is
a class, a firm, a campaign or an unrelated account: one mistake about a group is one mistake, however many
accounts it touches.

Where hardly any group is affected the bootstrap is too sure of itself: with no mistake in n groups it would say
that there will never be one, and with one mistake its upper end is 3 in n. So an end is never nearer than the
exact bound of Clopper and Pearson (1934) for the number of affected groups, as long as these are few. A bootstrap
over n groups is also too narrow by √(1 − 1/n), which is put right; from one group alone nothing can be said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64] | NDArray[np.int64]

DRAWS = 2000
TAIL = 0.025
FEW = 5  # so many affected groups are few, if at most half of all are affected


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with its 95% interval: `part` of `whole`, from `groups` independent groups."""

    part: int
    whole: int
    low: float
    high: float
    groups: int

    @property
    def value(self) -> float | None:
        """The share, None without data."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Rate:
    """So many events in so many scans, with the exact 95% interval of their mean number per scan."""

    events: int
    scans: int
    low: float
    high: float | None  # None without scans

    @property
    def value(self) -> float | None:
        """Events per scan, None without scans."""
        return self.events / self.scans if self.scans else None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95% bootstrap interval over `n` independent things; None without any."""

    value: float | None
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Groups of one run, alike ones together: `times` groups with `part` of `whole`."""

    part: int
    whole: int
    times: int


def tally(part: Sequence[int] | Numbers, whole: Sequence[int] | Numbers) -> tuple[Tally, ...]:
    """The groups with these parts and wholes; empty groups are left out."""
    if len(whole) == 0:
        return ()
    pairs = np.stack([np.asarray(part, np.int64), np.asarray(whole, np.int64)], axis=1)
    kinds, times = np.unique(pairs[pairs[:, 1] > 0], axis=0, return_counts=True)
    return tuple(Tally(int(p), int(w), int(n)) for (p, w), n in zip(kinds, times, strict=True))


def share(runs: Sequence[Sequence[Tally]]) -> Figure:
    """The pooled share of several runs, each given as the tallies of its groups."""
    runs = [run for run in runs if run]
    every = [t for run in runs for t in run]
    groups = sum(t.times for t in every)
    part, whole = sum(t.part * t.times for t in every), sum(t.whole * t.times for t in every)
    if not whole:
        return Figure(0, 0, 0.0, 1.0, 0)
    value = part / whole
    low, high = _widened(value, *_bootstrap(runs), groups) if 0 < part < whole else (value, value)
    touched = sum(t.times for t in every if t.part)
    blemished = sum(t.times for t in every if t.part < t.whole)
    if _few(touched, groups):
        high = max(high, clopper_pearson(touched, groups)[1])
    if _few(blemished, groups):
        low = min(low, 1 - clopper_pearson(blemished, groups)[1])
    return Figure(part, whole, max(0.0, min(low, value)), min(1.0, max(high, value)), groups)


def mean(values: Sequence[float]) -> Mean:
    """The mean of values between 0 and 1, each of an independent thing."""
    if not values:
        return Mean(None, 0.0, 1.0, 0)
    found = float(np.mean(values))
    if len(values) == 1:
        return Mean(found, 0.0, 1.0, 1)
    drawn = np.random.default_rng(1).integers(len(values), size=(DRAWS, len(values)))
    low, high = np.quantile(np.asarray(values)[drawn].mean(axis=1), [TAIL, 1 - TAIL])
    low, high = _widened(found, float(low), float(high), len(values))
    return Mean(found, max(0.0, min(low, found)), min(1.0, max(high, found)), len(values))


def _widened(value: float, low: float, high: float, n: int) -> tuple[float, float]:
    if n < 2:
        return 0.0, 1.0
    more = math.sqrt(n / (n - 1))
    return value - (value - low) * more, value + (high - value) * more


def _few(affected: int, groups: int) -> bool:
    return affected < FEW and 2 * affected <= groups


def _bootstrap(runs: Sequence[Sequence[Tally]]) -> tuple[float, float]:
    rng = np.random.default_rng(1)
    seeds = rng.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), size=DRAWS)
    part, whole = np.zeros(DRAWS), np.zeros(DRAWS)
    for run, drawn in zip(runs, seeds.T, strict=True):
        times = np.array([t.times for t in run], np.int64)
        n = int(times.sum())
        counts = rng.multinomial(drawn * n, times / n)
        part += counts @ np.array([t.part for t in run], np.float64)
        whole += counts @ np.array([t.whole for t in run], np.float64)
    low, high = np.quantile(part / whole, [TAIL, 1 - TAIL])
    return float(low), float(high)


def clopper_pearson(k: int, n: int) -> tuple[float, float]:
    """The exact 95% interval of a probability after k events in n independent trials."""
    low = 0.0 if k == 0 else 1 - _root(lambda q: _binomial_at_most(n - k, n, q), 1.0)
    high = 1.0 if k == n else _root(lambda p: _binomial_at_most(k, n, p), 1.0)
    return low, high


def rate(events: int, scans: int) -> Rate:
    """Events per scan with the exact interval of a Poisson mean (Garwood, 1936)."""
    if scans == 0:
        return Rate(events, 0, 0.0, None)
    most = 10.0 + 3 * events
    high = _root(lambda m: _poisson_at_most(events, m), most)
    low = 0.0 if events == 0 else _root(lambda m: _poisson_at_most(events - 1, m), most, 1 - TAIL)
    return Rate(events, scans, low / scans, high / scans)


def _root(falls: Callable[[float], float], most: float, level: float = TAIL) -> float:
    """Where a function that falls from 1 between 0 and `most` reaches the level."""
    low, high = 0.0, most
    for _ in range(100):
        middle = (low + high) / 2
        if falls(middle) > level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _binomial_at_most(k: int, n: int, p: float) -> float:
    """Probability of at most k events in n trials."""
    if p <= 0.0 or p >= 1.0:
        return 1.0 if p <= 0.0 or k >= n else 0.0
    i = np.arange(k + 1)
    ways = np.array([math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1) for j in range(k + 1)])
    return float(np.exp(ways + i * math.log(p) + (n - i) * math.log1p(-p)).sum())


def _poisson_at_most(k: int, mean: float) -> float:
    if mean <= 0:
        return 1.0
    return sum(math.exp(j * math.log(mean) - mean - math.lgamma(j + 1)) for j in range(k + 1))
