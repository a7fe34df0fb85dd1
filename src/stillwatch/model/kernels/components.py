"""Connected components by union-find; a component is labelled by its smallest node, in any order of edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]


def components(n: int, left: npt.ArrayLike, right: npt.ArrayLike) -> Ints:
    """Label of each of `n` nodes, int64[n], from edges `left[i]`–`right[i]` between nodes 0 … n-1."""
    parent = np.arange(n, dtype=np.int64)
    _join(parent, np.asarray(left, np.int64), np.asarray(right, np.int64))
    _flatten(parent)
    return parent


@kernel
def find(parent: Ints, node: int) -> int:
    """Root of a node; shortens the way there."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def _join(parent: Ints, left: Ints, right: Ints) -> None:
    for i in range(len(left)):
        a, b = find(parent, left[i]), find(parent, right[i])
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b


@kernel
def _flatten(parent: Ints) -> None:
    for node in range(len(parent)):  # a parent is never larger than its child
        parent[node] = parent[parent[node]]
