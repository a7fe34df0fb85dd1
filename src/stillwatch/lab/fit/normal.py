"""The normal distribution for whole arrays, from a table of it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
FARTHEST, STEPS = 5.0, 4001


@dataclass(frozen=True, slots=True)
class Normal:
    """Distribution function and scores, to five digits between -5 and 5."""

    scores: Reals
    ranks: Reals

    @classmethod
    def table(cls) -> Normal:
        """The table, in equal steps of the score."""
        scores = np.linspace(-FARTHEST, FARTHEST, STEPS)
        return cls(scores, np.array([NormalDist().cdf(score) for score in scores.tolist()]))

    def score(self, rank: Reals) -> Reals:
        """Normal scores of ranks in [0, 1]."""
        return np.asarray(np.interp(rank, self.ranks, self.scores))

    def rank(self, score: Reals) -> Reals:
        """Ranks of normal scores, inside (0, 1)."""
        return np.asarray(np.interp(score, self.scores, self.ranks))
