"""One way to set every detector: the threshold, and the settings, that do best on training data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.lab.compare.peer import Settings

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MOST_FALSE = 0.01  # benign accounts that may be accused on the training data


@dataclass(frozen=True, slots=True)
class Tuned:
    """A threshold and how it did on the training data."""

    settings: Settings
    threshold: float  # infinite if every threshold accuses too many or nobody
    recall: float
    false_positives: float


def tune(
    tried: Sequence[tuple[Settings, Floats]], hostile: Flags, *, most_false: float = MOST_FALSE
) -> Tuned:
    """The settings and threshold with the highest recall that accuse at most so large a share of benign accounts.

    Among equals the one that accuses fewer benign accounts, then the one tried first. `tried` holds settings and
    the scores they gave; accounts are accused from the threshold on, NaN never.
    """
    best = Tuned(tried[0][0], float("inf"), 0.0, 0.0)
    for settings, scores in tried:
        found = _threshold(settings, scores, hostile, most_false)
        if (found.recall, -found.false_positives) > (best.recall, -best.false_positives):
            best = found
    return best


def _threshold(settings: Settings, scores: Floats, hostile: Flags, most_false: float) -> Tuned:
    known = ~np.isnan(scores)
    cuts, place = np.unique(scores[known], return_inverse=True)
    good = np.bincount(place, hostile[known], len(cuts))[::-1].cumsum()[::-1]
    bad = np.bincount(place, ~hostile[known], len(cuts))[::-1].cumsum()[::-1]
    recall = good / max(int(hostile.sum()), 1)
    wrong = bad / max(int((~hostile).sum()), 1)
    allowed = np.flatnonzero((wrong <= most_false) & (good > 0))
    if len(allowed) == 0:
        return Tuned(settings, float("inf"), 0.0, 0.0)
    at = max(allowed, key=lambda i: (recall[i], -wrong[i], cuts[i]))
    return Tuned(settings, float(cuts[at]), float(recall[at]), float(wrong[at]))
