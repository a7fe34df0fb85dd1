"""Upper tails of counting distributions as log2 of the p-value, exact far below what a float can hold.

`P(X ≥ k)` is the largest term times a sum of falling ratios; below the mean it is one minus the lower tail,
summed the same way. Results are at most 0 and always finite: a mean or share of 0 counts as 1e-300.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_LEAST = 1e-300
_TINY = 1e-17
_PER_BIT = 1.0 / math.log(2.0)


def poisson_log2_tail(count: npt.ArrayLike, mean: npt.ArrayLike) -> Floats:
    """log2 P(X ≥ count) for a Poisson X of that mean; arguments are broadcast."""
    k, rate = _broadcast(count, mean)
    out = np.empty(len(k))
    _poisson_rows(_whole(k), rate, out)
    return out.reshape(np.broadcast_shapes(np.shape(count), np.shape(mean)))


def geometric_log2_tail(count: npt.ArrayLike, mean: npt.ArrayLike) -> Floats:
    """log2 P(X ≥ count) for a Poisson X whose mean is itself exponentially distributed around `mean`; broadcast.

    X is geometric then, `P(X ≥ k) = (m / (1 + m)) ** k`: the gamma–Poisson mixture (negative binomial) of shape 1.
    Source: M. Greenwood and G. U. Yule, "An inquiry into the nature of frequency distributions", 1920.
    """
    k, m = np.maximum(np.asarray(count, np.float64), 0.0), np.maximum(np.asarray(mean, np.float64), _LEAST)
    return np.asarray(-k * np.log2((1.0 + m) / m), np.float64)


def binomial_log2_tail(count: npt.ArrayLike, trials: npt.ArrayLike, share: npt.ArrayLike) -> Floats:
    """log2 P(X ≥ count) for successes in `trials`, each with probability `share`; broadcast."""
    k, n, p = _broadcast(count, trials, share)
    out = np.empty(len(k))
    _binomial_rows(_whole(k), _whole(n), p, out)
    return out.reshape(np.broadcast_shapes(np.shape(count), np.shape(trials), np.shape(share)))


def hypergeometric_log2_tail(
    count: npt.ArrayLike, population: npt.ArrayLike, marked: npt.ArrayLike, drawn: npt.ArrayLike
) -> Floats:
    """log2 P(X ≥ count) for the marked among `drawn` out of a population with `marked` marked; broadcast."""
    k, total, good, n = _broadcast(count, population, marked, drawn)
    out = np.empty(len(k))
    _hypergeometric_rows(_whole(k), _whole(total), _whole(good), _whole(n), out)
    return out.reshape(np.broadcast_shapes(*map(np.shape, (count, population, marked, drawn))))


def benjamini_hochberg(log2_p: Floats, *, tests: int, rate: float) -> npt.NDArray[np.bool_]:
    """Which of the tests are discoveries at this false discovery rate; shape (n,).

    `tests` is the number of tests made, of which `log2_p` may hold only the promising ones. Source: Benjamini
    and Hochberg, "Controlling the false discovery rate", 1995.
    """
    return adjusted_log2(log2_p, tests=tests) <= _log2_rate(rate)


def discovery_cut(count: Callable[[float], int], *, most: int, tests: int, rate: float) -> float:
    """log2 of the p-value up to which tests are discoveries at this false discovery rate, -inf where none is.

    `count` says how many of the `tests` have a log2 p-value up to a bound, `most` how many do at most. These are the
    discoveries of `benjamini_hochberg`, without sorting: those that pass if so many pass are counted, until they are
    as many as before.
    """
    passing = min(most, tests)
    while passing:
        cut = passing_cut(passing, tests=tests, rate=rate)
        found = count(cut)
        if found >= passing:
            return cut
        passing = found
    return -math.inf


def passing_cut(passing: int, *, tests: int, rate: float) -> float:
    """log2 of the p-value that none of `passing` discoveries among the `tests` exceeds; -inf for none."""
    if not passing:
        return -math.inf
    allowed = _log2_rate(rate)
    return 0.0 if allowed >= 0 else allowed + math.log2(passing) - math.log2(tests)


def adjusted_log2(log2_p: Floats, *, tests: int) -> Floats:
    """log2 of the smallest false discovery rate at which each test is a discovery (Benjamini–Hochberg q)."""
    p = np.asarray(log2_p, np.float64)
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, len(p) + 1)
    q = p[order] + math.log2(max(tests, len(p), 1)) - np.log2(rank)
    out = np.empty(len(p))
    out[order] = np.minimum(np.minimum.accumulate(q[::-1])[::-1], 0.0)
    return out


def _log2_rate(rate: float) -> float:
    """A false discovery rate in bits, with room for rounding: what is this close to one is one."""
    return math.log2(rate) + 1e-12


def _broadcast(*values: npt.ArrayLike) -> list[Floats]:
    arrays = np.broadcast_arrays(*(np.asarray(value, np.float64) for value in values))
    return [np.ascontiguousarray(array).reshape(-1) for array in arrays]


def _whole(values: Floats) -> Ints:
    return values.astype(np.int64)


@kernel
def _poisson_rows(count: Ints, mean: Floats, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = _poisson(count[i], max(mean[i], _LEAST))


@kernel
def _poisson(k: int, mean: float) -> float:
    if k <= 0:
        return 0.0
    if k > mean:
        total = term = 1.0
        j = k
        while term > _TINY * total:
            j += 1
            term *= mean / j
            total += term
        return _bits(k * math.log(mean) - mean - math.lgamma(k + 1.0) + math.log(total))
    total = term = 1.0
    for j in range(k - 1, 0, -1):
        term *= j / mean
        if term <= _TINY * total:
            break
        total += term
    return _rest((k - 1) * math.log(mean) - mean - math.lgamma(float(k)), total)


@kernel
def _binomial_rows(count: Ints, trials: Ints, share: Floats, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = _binomial(count[i], trials[i], max(share[i], _LEAST))


@kernel
def _binomial(k: int, n: int, p: float) -> float:
    if k <= 0 or p >= 1.0:
        return 0.0
    if k > n:
        return _bits(math.log(_LEAST))
    odds = p / (1.0 - p)
    total = term = 1.0
    if k > n * p:
        for j in range(k, n):
            term *= (n - j) / (j + 1.0) * odds
            if term <= _TINY * total:
                break
            total += term
        return _bits(_choose(n, k) + k * math.log(p) + (n - k) * math.log1p(-p) + math.log(total))
    for j in range(k - 1, 0, -1):
        term *= j / ((n - j + 1.0) * odds)
        if term <= _TINY * total:
            break
        total += term
    low = k - 1
    return _rest(_choose(n, low) + low * math.log(p) + (n - low) * math.log1p(-p), total)


@kernel
def _hypergeometric_rows(count: Ints, population: Ints, marked: Ints, drawn: Ints, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = _hypergeometric(count[i], population[i], marked[i], drawn[i])


@kernel
def _hypergeometric(k: int, total: int, good: int, n: int) -> float:
    least = max(0, n + good - total)
    if k <= least:
        return 0.0
    if k > min(n, good):
        return _bits(math.log(_LEAST))
    chosen = _choose(total, n)
    series = term = 1.0
    if k > n * good / total:
        for j in range(k, min(n, good)):
            term *= (good - j) * (n - j) / ((j + 1.0) * (total - good - n + j + 1.0))
            if term <= _TINY * series:
                break
            series += term
        return _bits(_choose(good, k) + _choose(total - good, n - k) - chosen + math.log(series))
    low = k - 1
    for j in range(low, least, -1):
        term *= j * (total - good - n + j) / ((good - j + 1.0) * (n - j + 1.0))
        if term <= _TINY * series:
            break
        series += term
    return _rest(_choose(good, low) + _choose(total - good, n - low) - chosen, series)


@kernel
def _choose(n: int, k: int) -> float:
    """Natural logarithm of the binomial coefficient."""
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@kernel
def _bits(log_p: float) -> float:
    return min(log_p * _PER_BIT, 0.0)


@kernel
def _rest(log_term: float, total: float) -> float:
    """log2 of one minus the lower tail `exp(log_term) · total`."""
    lower = math.exp(log_term) * total
    return _bits(math.log1p(-min(lower, 1.0 - 1e-16)))
