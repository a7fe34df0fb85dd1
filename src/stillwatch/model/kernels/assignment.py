"""One-to-one assignment with the largest total weight, over sparse pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.components import components

Ints = NDArray[np.int64]


def assign(left: Ints, right: Ints, weight: Ints) -> Ints:
    """Positions of the chosen pairs, sorted: no node of either side twice, and no choice weighs more in total.

    Pairs weigh more than 0; whoever is in no pair stays alone. Each component of the graph is solved by itself, so
    the time is cubic only in the size of the largest. Source: H. W. Kuhn, The Hungarian method, 1955.
    """
    if len(left) == 0:
        return np.zeros(0, np.int64)
    rows, row = np.unique(left, return_inverse=True)
    columns, column = np.unique(right, return_inverse=True)
    part = components(len(rows) + len(columns), row, len(rows) + column)[row]
    order = np.argsort(part, kind="stable")
    cuts = np.flatnonzero(np.diff(part[order])) + 1
    parts = np.split(order, cuts)
    chosen = [at if len(at) == 1 else at[_solved(row[at], column[at], weight[at])] for at in parts]
    return np.sort(np.concatenate(chosen))


def _solved(row: Ints, column: Ints, weight: Ints) -> Ints:
    """Positions of the chosen pairs of one component."""
    rows, r = np.unique(row, return_inverse=True)
    columns, c = np.unique(column, return_inverse=True)
    wide = len(rows) <= len(columns)
    a, b = (r, c) if wide else (c, r)
    shape = (min(len(rows), len(columns)), max(len(rows), len(columns)))
    gain, at = np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    gain[a, b], at[a, b] = weight, np.arange(len(weight))
    found = at[np.arange(shape[0]), _hungarian(-gain)]
    return np.asarray(found[found >= 0], np.int64)


@kernel
def _hungarian(cost: Ints) -> Ints:
    """Column of each row with the least total cost; no more rows than columns."""
    n, m = cost.shape
    u, v = np.zeros(n + 1, np.int64), np.zeros(m + 1, np.int64)
    row_of, way = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for i in range(1, n + 1):
        row_of[0] = i
        at = 0
        least = np.full(m + 1, np.iinfo(np.int64).max)
        used = np.zeros(m + 1, np.bool_)
        while row_of[at] != 0:
            used[at] = True
            own, step, following = row_of[at], np.iinfo(np.int64).max, 0
            for j in range(1, m + 1):
                if used[j]:
                    continue
                reduced = cost[own - 1, j - 1] - u[own] - v[j]
                if reduced < least[j]:
                    least[j], way[j] = reduced, at
                if least[j] < step:
                    step, following = least[j], j
            for j in range(m + 1):
                if used[j]:
                    u[row_of[j]] += step
                    v[j] -= step
                else:
                    least[j] -= step
            at = following
        while at != 0:
            row_of[at] = row_of[way[at]]
            at = way[at]
    column = np.zeros(n, np.int64)
    for j in range(1, m + 1):
        if row_of[j] > 0:
            column[row_of[j] - 1] = j - 1
    return column
