"""Communities under the constant Potts model, without chance: same graph, same communities.

A community is worth `Σ weight inside - γ · Σ pairs of node sizes inside`. Nodes are moved one by one where
that gains most, communities are refined into well-connected parts, the parts become the nodes of a smaller
graph, and so on; nodes are taken in the order of their ids, ties go to the smallest label. Communities are
connected.

Sources: Traag, Van Dooren and Nesterov, "Narrow scope for resolution-limit-free community detection", 2011
(the model); Traag, Waltman and van Eck, "From Louvain to Leiden", 2019 (moving, refinement, aggregation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.components import components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_GAIN = 1e-9  # smaller gains are rounding
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class _Graph:
    """A symmetric weighted graph as sparse rows; `sizes` of the nodes."""

    indptr: Ints
    indices: Ints
    weights: Floats
    sizes: Floats

    @property
    def rows(self) -> Ints:
        """The node at the left end of each edge."""
        return np.repeat(np.arange(len(self.sizes)), np.diff(self.indptr))


def cpm(
    indptr: npt.ArrayLike,
    indices: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    gamma: float,
    node_sizes: npt.ArrayLike | None = None,
) -> Ints:
    """Community of each node, int64[n], labelled by its smallest node.

    The graph comes as sparse rows that hold each edge in both directions, weights ≥ 0. `gamma` is the
    weight that a node must have towards a community per unit of the community's size (and of its own);
    sizes are 1 by default and may be 0 for nodes that should not count.
    """
    starts = np.asarray(indptr, np.int64)
    n = len(starts) - 1
    sizes = np.ones(n) if node_sizes is None else np.asarray(node_sizes, np.float64)
    graph = _Graph(starts, np.asarray(indices, np.int64), np.asarray(weights, np.float64), sizes)
    labels = np.arange(n, dtype=np.int64)
    for _ in range(_ROUNDS):
        following = _connected(graph, _pass(graph, labels, gamma))
        if np.array_equal(following, labels):
            break
        labels = following
    return labels


def _pass(graph: _Graph, start: Ints, gamma: float) -> Ints:
    """Moving, refinement and aggregation until nothing can be aggregated any more."""
    node_of = np.arange(
        len(graph.sizes), dtype=np.int64
    )  # node of the current graph that holds each first node
    labels = start.copy()
    current = graph
    while True:
        labels = _compact(labels)
        _move(current.indptr, current.indices, current.weights, current.sizes, labels, gamma)
        parts = np.arange(len(labels), dtype=np.int64)
        _refine(current.indptr, current.indices, current.weights, current.sizes, labels, parts, gamma)
        parts = _compact(parts)
        if len(parts) == 0 or parts.max() + 1 == len(parts):
            return labels[node_of]
        first = np.zeros(parts.max() + 1, np.int64)
        first[parts[::-1]] = labels[::-1]
        current, labels, node_of = _aggregate(current, parts), first, parts[node_of]


def _compact(labels: Ints) -> Ints:
    """Labels 0, 1, … in the order of the labels' first nodes."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[inverse]


def _aggregate(graph: _Graph, parts: Ints) -> _Graph:
    """The graph whose nodes are the parts; weights inside a part are dropped, they no longer matter."""
    n = int(parts.max()) + 1
    left, right = parts[graph.rows], parts[graph.indices]
    between = left != right
    code, inverse = np.unique(left[between] * n + right[between], return_inverse=True)
    weights = _sums(inverse, graph.weights[between], len(code))
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(code // n, minlength=n), out=indptr[1:])
    return _Graph(indptr, code % n, weights, _sums(parts, graph.sizes, n))


def _sums(code: Ints, values: Floats, n: int) -> Floats:
    return np.bincount(code, weights=values, minlength=n).astype(np.float64)


def _connected(graph: _Graph, labels: Ints) -> Ints:
    """Communities cut into connected parts, labelled by the smallest node; cutting never costs quality."""
    rows = graph.rows
    inside = (labels[rows] == labels[graph.indices]) & (graph.weights > 0)
    return components(len(labels), rows[inside], graph.indices[inside])


@kernel
def _move(
    indptr: Ints,
    indices: Ints,
    weights: Floats,
    sizes: Floats,
    labels: Ints,
    gamma: float,
) -> None:
    """Move nodes to the best neighbouring community, or to an empty one, until none gains."""
    n = len(labels)
    size, members = np.zeros(n), np.zeros(n, np.int64)
    for node in range(n):
        size[labels[node]] += sizes[node]
        members[labels[node]] += 1
    queue, waiting = np.arange(n), np.ones(n, np.bool_)
    empty = np.flatnonzero(members == 0)[::-1].copy()
    empty, spare = np.concatenate((empty, np.empty(n, np.int64))), len(empty)
    towards = np.zeros(n)
    head, left = 0, n
    while left > 0:
        node = queue[head]
        head, left = (head + 1) % n, left - 1
        waiting[node] = False
        own = labels[node]
        size[own] -= sizes[node]
        best = _best_label(indptr, indices, weights, labels, size, towards, node, gamma * sizes[node], own)
        if best < 0:
            best = own
            if members[own] > 1:
                spare -= 1
                best = empty[spare]
        size[best] += sizes[node]
        if best == own:
            continue
        members[own] -= 1
        if members[own] == 0:
            empty[spare] = own
            spare += 1
        members[best] += 1
        labels[node] = best
        for edge in range(indptr[node], indptr[node + 1]):
            other = indices[edge]
            if labels[other] != best and not waiting[other]:
                waiting[other] = True
                queue[(head + left) % n] = other
                left += 1


@kernel
def _best_label(
    indptr: Ints,
    indices: Ints,
    weights: Floats,
    labels: Ints,
    size: Floats,
    towards: Floats,
    node: int,
    price: float,
    own: int,
) -> int:
    """The community that gains most by a node, its own if none gains more; -1 if being alone is better.

    `size` is without the node, `price` is γ times its size, `towards` is scratch space, all zero.
    """
    for edge in range(indptr[node], indptr[node + 1]):
        if indices[edge] != node:
            towards[labels[indices[edge]]] += weights[edge]
    best, most = own, towards[own] - price * size[own]
    for edge in range(indptr[node], indptr[node + 1]):
        label = labels[indices[edge]]
        gain = towards[label] - price * size[label]
        if gain > most + _GAIN or (best != own and gain > most - _GAIN and label < best):
            best, most = label, gain
    for edge in range(indptr[node], indptr[node + 1]):
        towards[labels[indices[edge]]] = 0.0
    return best if most >= -_GAIN else -1


@kernel
def _refine(
    indptr: Ints,
    indices: Ints,
    weights: Floats,
    sizes: Floats,
    labels: Ints,
    parts: Ints,
    gamma: float,
) -> None:
    """Join single nodes to well-connected parts of their community; `parts` starts as one label a node."""
    n = len(labels)
    whole, outward = np.zeros(n), np.zeros(n)
    for node in range(n):
        whole[labels[node]] += sizes[node]
        for edge in range(indptr[node], indptr[node + 1]):
            if indices[edge] != node and labels[indices[edge]] == labels[node]:
                outward[node] += weights[edge]
    size, single, towards = sizes.copy(), np.ones(n, np.bool_), np.zeros(n)
    for node in range(n):
        rest = whole[labels[node]] - sizes[node]
        if not single[node] or outward[node] < gamma * sizes[node] * rest - _GAIN:
            continue
        best = _best_part(
            indptr, indices, weights, labels, parts, size, whole, outward, towards, node, sizes[node], gamma
        )
        if best >= 0:
            joined = 0.0
            for edge in range(indptr[node], indptr[node + 1]):
                if parts[indices[edge]] == best:
                    joined += weights[edge]
            outward[best] += outward[node] - 2 * joined
            size[best] += sizes[node]
            parts[node], single[node], single[best] = best, False, False


@kernel
def _best_part(
    indptr: Ints,
    indices: Ints,
    weights: Floats,
    labels: Ints,
    parts: Ints,
    size: Floats,
    whole: Floats,
    outward: Floats,
    towards: Floats,
    node: int,
    node_size: float,
    gamma: float,
) -> int:
    """The well-connected part of the node's community that gains most by it, or -1; `towards` is scratch."""
    label = labels[node]
    for edge in range(indptr[node], indptr[node + 1]):
        if labels[indices[edge]] == label and indices[edge] != node:
            towards[parts[indices[edge]]] += weights[edge]
    best, most = -1, _GAIN
    for edge in range(indptr[node], indptr[node + 1]):
        part = parts[indices[edge]]
        if labels[indices[edge]] != label or part == parts[node]:
            continue
        if outward[part] < gamma * size[part] * (whole[label] - size[part]) - _GAIN:
            continue
        gain = towards[part] - gamma * node_size * size[part]
        if gain > most + _GAIN or (best >= 0 and gain > most - _GAIN and part < best):
            best, most = part, gain
    for edge in range(indptr[node], indptr[node + 1]):
        towards[parts[indices[edge]]] = 0.0
    return best
