"""Counts that say little about any one account: rounded, or with discrete Laplace noise drawn without floating point.

The sampler is the exact one of Canonne, Kamath and Steinke (2020), algorithms 1 and 2: only integers from the
operating system's generator, so that no low bits of a float betray the true count.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from fractions import Fraction

from stillwatch.model.errors import RefusedError

Below = Callable[[int], int]  # a uniform integer from 0 up to, not including, the argument
SMALLEST_SHOWN = 10


def rounded(count: int) -> int:
    """A count to one significant digit; what is below ten becomes 0, since small counts name people.

    >>> [rounded(n) for n in (7, 14, 17, 254, 16_550_000)]
    [0, 10, 20, 300, 20000000]
    """
    if count < SMALLEST_SHOWN:
        return 0
    unit = int(10 ** (len(str(count)) - 1))
    return (count + unit // 2) // unit * unit


def private_count(
    count: int, *, epsilon_permille: int, sensitivity: int, below: Below = secrets.randbelow
) -> int:
    """A count plus discrete Laplace noise of scale `sensitivity / epsilon`, not below 0.

    Epsilon-differentially private for data that differ in what moves the count by at most `sensitivity`.
    """
    noise = discrete_laplace(Fraction(sensitivity * 1000, epsilon_permille), below)
    return max(0, count + noise)


def discrete_laplace(scale: Fraction, below: Below = secrets.randbelow) -> int:
    """An integer z with probability proportional to exp(-|z| / scale)."""
    t, s = scale.numerator, scale.denominator
    while True:
        low = below(t)
        if not _bernoulli_exp(Fraction(low, t), below):
            continue
        high = 0
        while _bernoulli_exp(Fraction(1), below):
            high += 1
        magnitude = (low + t * high) // s
        negative = below(2) == 1
        if not (negative and magnitude == 0):
            return -magnitude if negative else magnitude


def _bernoulli_exp(gamma: Fraction, below: Below) -> bool:
    """True with probability exp(-gamma), for gamma from 0 to 1."""
    k = 1
    while below(gamma.denominator * k) < gamma.numerator:
        k += 1
    return k % 2 == 1


def spend(spent_permille: int, wanted_permille: int, budget_permille: int) -> int:
    """What a budget's account stands at after a question. Raises `RefusedError` (`budget`) if it does not reach."""
    after = spent_permille + wanted_permille
    if after > budget_permille:
        raise RefusedError(
            "budget",
            f"this answer costs epsilon {wanted_permille / 1000:g}, "
            f"and {(budget_permille - spent_permille) / 1000:g} is left",
            remedy="Send rounded counts, or agree on new terms",
        )
    return after
