"""What an explanation expects of one measurement: a density over 0..1, given in one of two ways.

Two numbers are a beta distribution, [mean, concentration], easily written by hand. More are the shares of a mixture,
[none, w0, …, wK, all]: `none` of the measurements are 0, `all` of them 1, the others are spread as the Bernstein
polynomials of degree K, of which the k-th lies about k / K. That is what is learned, since shares of accounts have more
than one centre: nobody of a harvest or everybody carries on another's conversations. A beta distribution puts a centre
where nothing is.

Either is mixed with a uniform one, so that no single measurement decides.

Source of the polynomials as densities: Vitale, "A Bernstein polynomial approach to density function estimation", 1975.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Given = tuple[float, ...]

UNIFORM = 0.05
EDGE = 0.02  # measurements closer to 0 or 1 count as this close, and as 0 or 1 themselves
STEPS = 500  # of the table that the density of a mixture is read from
LEAST_SHARES = 4


def is_expectation(given: Sequence[float]) -> bool:
    """Whether these numbers are [mean, concentration] or shares that add up to 1 (to a rounding)."""
    if len(given) == 2:
        return 0 < given[0] < 1 and given[1] > 0
    return len(given) >= LEAST_SHARES and min(given) >= 0 and abs(math.fsum(given) - 1) < 0.02


def mean_of(given: Given) -> float:
    """Mean of the expected measurements."""
    if len(given) == 2:
        return given[0]
    _, *inner, everybody = given
    middle = math.fsum(share * (k + 1) / (len(inner) + 1) for k, share in enumerate(inner))
    return (middle + everybody) / math.fsum(given)


def log2_density(x: Floats, given: Given) -> Floats:
    """log2 of the density at each measurement; same shape as `x`.

    Within `EDGE` of 0 and of 1 a beta density is the mean density there, since shares of few accounts are often
    exactly 0 or 1, where it may be infinite. Of a mixture it is read from a table in steps of 1 / `STEPS`.
    """
    if len(given) == 2:
        return np.asarray(np.log2((1 - UNIFORM) * _beta(x, *given) + UNIFORM))
    return _table(given)[_step(x)]


def log2_density_at_most(x: Floats, given: Given) -> Floats:
    """The largest log2 density at any measurement from the mean up to each `x`; same shape as `x`.

    For measurements of which more is stronger evidence: what exceeds the expectation is not held against it.
    """
    return _rising(given)[_step(x)]


def parts(count: int) -> Floats:
    """Densities of the `count` parts of a mixture at the steps of its table, float64[count, STEPS + 1]."""
    at = np.linspace(0.0, 1.0, STEPS + 1)
    inside, degree = np.clip(at, EDGE, 1 - EDGE), count - 3
    inner = [
        (degree + 1) * math.comb(degree, k) * inside**k * (1 - inside) ** (degree - k)
        for k in range(degree + 1)
    ]
    ends = (at < EDGE) / EDGE, (at > 1 - EDGE) / EDGE
    density = np.stack([ends[0], *inner, ends[1]])
    width = np.full(STEPS + 1, 1 / STEPS)
    width[[0, -1]] /= 2
    return np.asarray(density / (density @ width)[:, None])


def _step(x: Floats) -> NDArray[np.int64]:
    return np.clip(np.rint(x * STEPS).astype(np.int64), 0, STEPS)


@lru_cache(maxsize=4096)
def _rising(given: Given) -> Floats:
    """The log2 density at the steps of the table, from the mean on the largest so far."""
    out = log2_density(np.linspace(0.0, 1.0, STEPS + 1), given).copy()
    mean = int(_step(np.array(mean_of(given))))
    out[mean:] = np.maximum.accumulate(out[mean:])
    out.setflags(write=False)
    return out


@lru_cache(maxsize=4096)
def _table(given: Given) -> Floats:
    shares = np.array(given) / math.fsum(given)
    density = np.einsum("k,kx->x", shares, parts(len(given)))
    out = np.asarray(np.log2((1 - UNIFORM) * density + UNIFORM))
    out.setflags(write=False)
    return out


def _beta(x: Floats, mean: float, concentration: float) -> Floats:
    a, b = mean * concentration, (1 - mean) * concentration
    inside = np.clip(x, EDGE, 1 - EDGE)
    logs = (a - 1) * np.log(inside) + (b - 1) * np.log1p(-inside) - _log_beta_function(a, b)
    ends = _tail(a, b) / EDGE, _tail(b, a) / EDGE
    return np.where(x < EDGE, ends[0], np.where(x > 1 - EDGE, ends[1], np.exp(logs)))


def _tail(a: float, b: float) -> float:
    """Share of a beta distribution below `EDGE`: the hypergeometric series of the incomplete beta function.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5.4.
    """
    term = total = 1.0
    for k in range(200):
        term *= (a + b + k) / (a + 1 + k) * EDGE
        total += term
        if term < 1e-12 * total:
            break
    front = a * math.log(EDGE) + b * math.log1p(-EDGE) - math.log(a) - _log_beta_function(a, b)
    return math.exp(front) * total


def _log_beta_function(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
