"""Measures of probabilities, at a stated prior: Brier score, calibration error, Cllr.

Groups of a simulation come in whatever mixture the scenarios have, which is nobody's prior. So every measure is taken
as if harvests made up the share that the prior says: harvests and innocent groups are weighted so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stillwatch.lab.intervals import FEW, rate

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DRAWS = 1000
EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """Groups of one run: evidence in bits at even prior, and whether each is a harvest."""

    run: str
    worth: Floats
    hostile: Bools


@dataclass(frozen=True, slots=True)
class Bin:
    """Groups with probabilities in a range: mean probability, share of harvests among them with its 95% interval
    (both at the prior), and how many there are of each side."""

    low: float
    high: float
    stated: float
    seen: float
    seen_low: float
    seen_high: float
    harvests: int
    innocent: int


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with its 95% interval, bootstrapped over runs and over groups within them."""

    name: str
    value: float
    low: float
    high: float


def probabilities(worth: Floats, prior_bits: float) -> Floats:
    """Probabilities of evidence in bits, at a prior in bits."""
    return np.asarray(1 / (1 + np.exp2(-np.clip(worth + prior_bits, -60, 60))))


def shares(hostile: Bools, prior_bits: float) -> Floats:
    """Weight of each group, so that harvests have the share of the prior; the sum is 1."""
    share = float(probabilities(np.zeros(1), prior_bits)[0])
    n1, n0 = max(int(hostile.sum()), 1), max(int((~hostile).sum()), 1)
    return np.where(hostile, share / n1, (1 - share) / n0)


def brier(worth: Floats, hostile: Bools, prior_bits: float) -> float:
    """Mean squared difference of probability and truth; 0 is perfect. Source: Brier, 1950."""
    p = probabilities(worth, prior_bits)
    return float((shares(hostile, prior_bits) * (p - hostile) ** 2).sum())


def calibration_error(worth: Floats, hostile: Bools, prior_bits: float) -> float:
    """Mean difference of probability and share of harvests over ranges; 0 is perfect (ECE). Source: Naeini, 2015."""
    p, share = probabilities(worth, prior_bits), shares(hostile, prior_bits)
    place = np.clip(np.digitize(p, EDGES) - 1, 0, len(EDGES) - 2)
    gaps = np.bincount(place, share * (p - hostile), len(EDGES) - 1)
    return float(np.abs(gaps).sum())


def cllr(worth: Floats, hostile: Bools, _prior_bits: float = 0.0) -> float:
    """Cost of the likelihood ratios in bits; 0 is perfect, 1 is saying nothing. Source: Brümmer and du Preez, 2006."""
    cost = np.logaddexp2(0, np.where(hostile, -worth, worth))
    return float((shares(hostile, 0.0) * cost).sum())


def cllr_min(worth: Floats, hostile: Bools, _prior_bits: float = 0.0) -> float:
    """The Cllr that the best monotone curve, chosen on these very groups, would have: what ranking alone costs."""
    order = np.argsort(worth, kind="stable")
    y, w = hostile[order], shares(hostile, 0.0)[order]
    _, start = np.unique(worth[order], return_index=True)
    pools: list[tuple[float, float]] = []  # weight of harvests, of innocent groups
    ones, zeros = np.add.reduceat(w * y, start), np.add.reduceat(w * ~y, start)
    for pool in zip(ones.tolist(), zeros.tolist(), strict=True):
        pools.append(pool)
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            last = pools.pop()
            pools[-1] = (pools[-1][0] + last[0], pools[-1][1] + last[1])
    cost = 0.0
    for h, b in pools:
        p = h / (h + b)
        cost -= (h * np.log2(p) if h else 0.0) + (b * np.log2(1 - p) if b else 0.0)
    return float(cost)


Score = Callable[[Floats, Bools, float], float]


def measure(name: str, score: Score, runs: Sequence[Judged], prior_bits: float) -> Measure:
    """A score of all groups with its interval.

    Scores that take chance differences for errors come out higher on drawn groups; the interval still holds the value.
    """
    value = score(*_pooled(runs), prior_bits)
    drawn = [score(*_pooled(sample), prior_bits) for sample in _resampled(runs)]
    low, high = np.quantile([value, *drawn], [0.025, 0.975])
    return Measure(name, value, min(float(low), value), max(float(high), value))


def reliability(runs: Sequence[Judged], prior_bits: float) -> list[Bin]:
    """Groups by stated probability; ranges without a group are left out."""
    worth, hostile = _pooled(runs)
    p, share = probabilities(worth, prior_bits), shares(hostile, prior_bits)
    resampled = [_pooled(sample) for sample in _resampled(runs)]
    out = []
    for low, high in pairwise(EDGES):
        inside = _within(p, low, high)
        if not inside.any():
            continue
        w, y = share[inside], hostile[inside]
        drawn = [_seen(a, b, prior_bits, low, high) for a, b in resampled]
        known = [s for s in drawn if s is not None]
        ends = [*(np.quantile(known, [0.025, 0.975]) if known else ()), *_few(w, y, share, hostile)]
        stated, seen = float((w * p[inside]).sum() / w.sum()), float((w * y).sum() / w.sum())
        out.append(
            Bin(low, high, stated, seen, float(min(ends)), float(max(ends)), int(y.sum()), int((~y).sum()))
        )
    return out


def _within(p: Floats, low: float, high: float) -> Bools:
    return np.asarray((p >= low) & ((p < high) | (high == 1.0)), bool)


def _few(w: Floats, y: Bools, share: Floats, hostile: Bools) -> tuple[float, float]:
    """Ends that a few groups of one side allow at least: their number might have been as high as the exact bound."""
    one = float(share[hostile].max(initial=0.0))
    other = float(share[~hostile].max(initial=0.0))
    h, b = float(w[y].sum()), float(w[~y].sum())
    most_h, most_b = (rate(int(n), 1).high or 0.0 for n in (y.sum(), (~y).sum()))
    high = max(one * most_h, h) if y.sum() < FEW else h
    low = max(other * most_b, b) if (~y).sum() < FEW else b
    return h / (h + low) if h + low else 0.0, high / (high + b) if high + b else 1.0


def _seen(worth: Floats, hostile: Bools, prior_bits: float, low: float, high: float) -> float | None:
    p, share = probabilities(worth, prior_bits), shares(hostile, prior_bits)
    inside = _within(p, low, high)
    whole = float(share[inside].sum())
    return float(share[inside & hostile].sum()) / whole if whole else None


def _pooled(runs: Sequence[Judged]) -> tuple[Floats, Bools]:
    return np.concatenate([r.worth for r in runs]), np.concatenate([r.hostile for r in runs])


def _resampled(runs: Sequence[Judged]) -> list[list[Judged]]:
    """Runs drawn with replacement, and in each its groups; draws without both sides are left out."""
    rng = np.random.default_rng(1)
    out = []
    for _ in range(DRAWS):
        sample = []
        for run in (runs[i] for i in rng.integers(len(runs), size=len(runs))):
            rows = rng.integers(max(len(run.worth), 1), size=len(run.worth))
            sample.append(Judged(run.run, run.worth[rows], run.hostile[rows]))
        hostile = np.concatenate([r.hostile for r in sample])
        if hostile.any() and not hostile.all():
            out.append(sample)
    return out
