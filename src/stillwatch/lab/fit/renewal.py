"""Renewal processes with Gamma distributed gaps, stretched by a clock of hourly intensities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Reals = npt.NDArray[np.float64]


def renewal_times(
    rng: np.random.Generator,
    expected: Reals,
    cv: Reals,
    curves: npt.NDArray[np.float32],
    curve: npt.NDArray[np.int32],
    hours: float,
) -> tuple[npt.NDArray[np.int32], Reals]:
    """Owner and time in hours of all events, by owner and time.

    Process i has `expected[i]` events on average and gaps with the coefficient of variation `cv[i]` (Gamma
    shape 1/cv²) in operational time. It is in equilibrium: the first gap is the residual life of a running
    process, the share u of a gap drawn by length (Cox, Renewal Theory, 1962, section 5.3). Operational time
    is the integral of the clock's intensity, so that the mean number follows the curve exactly.
    """
    shape = 1.0 / np.maximum(cv, 0.02) ** 2
    clocks = np.zeros((len(curves), curves.shape[1] + 1))
    np.cumsum(curves, axis=1, out=clocks[:, 1:])
    clocks /= clocks[:, -1:]
    room = int(expected.sum() * 1.1 + 6 * np.sqrt((expected * (1 + cv**2)).sum()) + len(expected) + 64)
    owner, at = _run(rng, expected, shape, room)
    return owner, _stretch(owner, at / expected[owner], curve, clocks, hours)


@kernel
def _run(rng: Any, expected: Any, shape: Any, room: Any) -> Any:
    """Events in operational time: process i runs to `expected[i]` at rate 1."""
    owner = np.empty(room, np.int32)
    at = np.empty(room, np.float64)
    n = 0
    for i in range(len(expected)):
        k = shape[i]
        now = rng.random() * rng.standard_gamma(k + 1.0) / k
        while now < expected[i]:
            if n == len(owner):
                owner = np.concatenate((owner, np.empty(n, np.int32)))
                at = np.concatenate((at, np.empty(n, np.float64)))
            owner[n] = i
            at[n] = now
            n += 1
            now += rng.standard_gamma(k) / k
    return owner[:n], at[:n]


@kernel
def _stretch(owner: Any, share: Any, curve: Any, clocks: Any, hours: Any) -> Any:
    """Hours at which the clocks have run through the given shares; shares rise within an owner."""
    out = np.empty(len(owner), np.float64)
    bins = clocks.shape[1] - 1
    b = 0
    for j in range(len(owner)):
        clock = clocks[curve[owner[j]]]
        if j == 0 or owner[j] != owner[j - 1]:
            b = 0
        while b < bins - 1 and clock[b + 1] <= share[j]:
            b += 1
        width = clock[b + 1] - clock[b]
        inside = (share[j] - clock[b]) / width if width > 0 else 0.0
        out[j] = (b + inside) * hours / bins
    return out
