"""From weighted pairs of accounts to a score for each: how strong are the links that still hold it in a cluster?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.components import find

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def cluster_scores(n: int, left: Ints, right: Ints, weight: Floats, *, smallest: int) -> Floats:
    """Of each of `n` accounts, the largest t at which links of weight t and more join it to a cluster of `smallest`.

    NaN for an account that never is in one. Cutting at t gives the clusters of single linkage, so one pass over
    the links answers for every threshold.

    >>> cluster_scores(4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([.9, .5, .2]), smallest=3)
    array([0.5, 0.5, 0.5, 0.2])
    """
    order = np.lexsort((right, left, -np.asarray(weight, np.float64)))
    scores = np.full(n, np.nan)
    _join(
        np.asarray(left, np.int64)[order],
        np.asarray(right, np.int64)[order],
        np.asarray(weight, np.float64)[order],
        max(int(smallest), 2),
        scores,
    )
    return scores


def strongest_links(n: int, left: Ints, right: Ints, weight: Floats) -> Floats:
    """Of each of `n` accounts, the weight of its heaviest link; NaN without one."""
    scores = np.full(n, -np.inf)
    np.maximum.at(scores, left, weight)
    np.maximum.at(scores, right, weight)
    return np.where(np.isinf(scores), np.nan, scores)


@kernel
def _join(left: Ints, right: Ints, weight: Floats, smallest: int, scores: Floats) -> None:
    n = len(scores)
    parent = np.arange(n)
    size = np.ones(n, np.int64)
    follow = np.arange(n)  # members of a cluster form a ring
    for i in range(len(left)):
        a, b = find(parent, left[i]), find(parent, right[i])
        if a == b:
            continue
        if b < a:
            a, b = b, a
        if size[a] + size[b] >= smallest:
            for root in (a, b):
                if size[root] < smallest:
                    node = root
                    for _ in range(size[root]):
                        scores[node] = weight[i]
                        node = follow[node]
        follow[a], follow[b] = follow[b], follow[a]
        parent[b] = a
        size[a] += size[b]
