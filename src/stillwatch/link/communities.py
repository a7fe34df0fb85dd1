"""Seeds of groups: constant-Potts communities of validated pairs, and the holders of content stars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Flags, Incidence
from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.cpm import cpm

Ints = NDArray[np.int64]
Rows = tuple[Ints, Ints, NDArray[np.float64]]  # starts, right ends, weights


@dataclass(frozen=True, slots=True)
class SeedSettings:
    """`pair_bits` that the accounts of a community must be tied with on average, pair by pair (the γ of the
    Potts model); `most_bits` bounds one pair; `min_accounts` of a seed."""

    pair_bits: float = 1.0
    most_bits: float = 30.0
    min_accounts: int = 3


def communities(
    a: Ints, b: Ints, log2_p: NDArray[np.float64], settings: SeedSettings | None = None
) -> list[Ints]:
    """Sorted account codes of each community of validated pairs (codes `a` and `b`, log2 of the p-value), largest
    first.

    Each connected component is divided by itself, as if there were no other: it does not matter which other pairs
    are given along with its own.
    """
    s = settings or SeedSettings()
    nodes, ends = np.unique(np.concatenate([a, b]), return_inverse=True)
    left, right = ends[: len(a)], ends[len(a) :]
    root = components(len(nodes), left, right)
    order = np.argsort(root, kind="stable")  # nodes, component by component
    place = np.empty(len(nodes), np.int64)
    place[order] = np.arange(len(nodes))
    rows = _rows(len(nodes), place[left], place[right], np.minimum(-log2_p, s.most_bits))
    bounds = np.append(np.flatnonzero(np.diff(root[order], prepend=-1)), len(nodes))
    groups = []
    for at in np.flatnonzero(np.diff(bounds) >= s.min_accounts):
        first, last = bounds[at], bounds[at + 1]
        own = nodes[order[first:last]]
        groups += [own[part] for part in _divided(rows, first, last, s)]
    return sorted(groups, key=lambda g: (-len(g), int(g[0])))


def _rows(n: int, left: Ints, right: Ints, bits: NDArray[np.float64]) -> Rows:
    """The graph as sparse rows that hold each edge in both directions."""
    left, right = np.concatenate([left, right]), np.concatenate([right, left])
    order = np.lexsort((right, left))
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(left, minlength=n), out=starts[1:])
    return starts, right[order], np.tile(bits, 2)[order]


def _divided(rows: Rows, first: int, last: int, s: SeedSettings) -> list[Ints]:
    """Positions in the component from `first` to `last` of those who are in one community, for each that is large
    enough."""
    starts, right, bits = rows
    begin, end = starts[first], starts[last]
    labels = cpm(
        starts[first : last + 1] - begin, right[begin:end] - first, bits[begin:end], gamma=s.pair_bits
    )
    order = np.argsort(labels, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return [part for part in parts if len(part) >= s.min_accounts]


def content_stars(held: Incidence, stars: Flags, public: Ints, *, min_accounts: int = 5) -> Ints:
    """Content values worth a seed, the most widely held first: validated stars, and private crowds.

    A frame of the reference corpus that many hold is a seed only where its holders crowd elsewhere. Where no account
    holds any content, validated stars of every kind are seeds.
    """
    content = held.of_kind("template", "system", "tools", "schema", "wording")
    if not content.any():
        values = np.flatnonzero(stars & (held.df >= min_accounts))
        return values[np.lexsort((held.key[values], -held.df[values]))]
    wide = content & (held.df >= min_accounts) & (held.df <= held.n // 4)
    private = wide & ~np.isin(held.key, public)
    values = np.flatnonzero((wide & stars) | private)
    return values[np.lexsort((held.key[values], -held.df[values]))]
