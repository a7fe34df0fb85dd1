"""How crowded moments are: the fullest window of a set of times, against sets drawn from a population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.kernels.hashing import mix

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ROOM = 0.1  # that chance must leave for a share to reach 1
DRAWS = 19  # sets drawn; the fullest of them is exceeded by chance once in twenty


def fullest(times: Ints, width: int) -> int:
    """The most `times` (sorted) that fall into one window [t, t + width)."""
    return int((np.searchsorted(times, times + width) - np.arange(len(times))).max(initial=0))


def drawn_fullest(population: Ints, n: int, width: int) -> int:
    """The fullest window of any of `DRAWS` sets of `n` times drawn from a sorted population, always the same ones."""
    if len(population) == 0 or n == 0:
        return 0
    draws = mix(np.arange(n)[None, :], np.arange(1, DRAWS + 1)[:, None]) % len(population)
    return max(fullest(np.sort(population[draw]), width) for draw in draws)


def beyond(share: float, chance: float, n: int = 0) -> float:
    """The part of what chance leaves that a share of `n` has more than chance and two standard errors give; 0 at
    chance, 1 at 1. Where chance leaves less than a tenth the share says little, and counts little."""
    expected = chance + 2.0 * (chance * (1.0 - chance) / n) ** 0.5 if n else chance
    return max(0.0, (share - expected) / max(1.0 - expected, ROOM))


def accompanied(times: Ints, every: Ints, width: int) -> tuple[float, float]:
    """Share of `times` with another of them within `width` before or after, and the share expected of as many times
    drawn from the others of `every`; both sorted, `times` a part of `every` and not all of it."""
    n = len(times)
    near = _within(times, times, width)
    share = (_within(times, every, width) - near) / (len(every) - n)
    return float((near > 1).mean()), float((1.0 - (1.0 - share) ** (n - 1)).mean())


def _within(times: Ints, among: Ints, width: int) -> Ints:
    low = np.searchsorted(among, times - width, side="left")
    return np.asarray(np.searchsorted(among, times + width, side="right") - low, np.int64)
