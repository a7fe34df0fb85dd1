"""The normal distribution for whole arrays, from a table of it."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
FARTHEST, STEPS = 5.0, 4001


class Normal:
    """Distribution function and scores, exact to five digits between -5 and 5."""

    def __init__(self) -> None:
        self._scores = np.linspace(-FARTHEST, FARTHEST, STEPS)
        self._ranks = np.array([NormalDist().cdf(score) for score in self._scores.tolist()])

    def score(self, rank: Reals) -> Reals:
        """Normal scores of ranks in [0, 1]."""
        return np.interp(rank, self._ranks, self._scores)

    def rank(self, score: Reals) -> Reals:
        """Ranks of normal scores, inside (0, 1)."""
        return np.interp(score, self._scores, self._ranks)
