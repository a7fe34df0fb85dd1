"""Seeds of groups: constant-Potts communities of validated pairs, and the holders of content stars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Flags, Incidence
from stillwatch.link.pairs import Pairs
from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.cpm import cpm

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SeedSettings:
    """`pair_bits` that the accounts of a community must be tied with on average, pair by pair (the γ of the
    Potts model); `most_bits` bounds one pair; `min_accounts` of a seed."""

    pair_bits: float = 1.0
    most_bits: float = 30.0
    min_accounts: int = 3


def communities(held: Incidence, pairs: Pairs, settings: SeedSettings | None = None) -> list[Ints]:
    """Account codes of each community of validated pairs, largest first.

    Components are found first; each component larger than a pair is then divided by CPM.
    """
    s = settings or SeedSettings()
    if len(pairs) == 0:
        return []
    labels = components(held.n, pairs.a, pairs.b)
    left, right = np.concatenate([pairs.a, pairs.b]), np.concatenate([pairs.b, pairs.a])
    weight = np.minimum(np.tile(-pairs.log2_p, 2), s.most_bits)
    order = np.lexsort((right, left))
    indptr = np.zeros(held.n + 1, np.int64)
    np.cumsum(np.bincount(left, minlength=held.n), out=indptr[1:])
    labels = cpm(indptr, right[order], weight[order], gamma=s.pair_bits)
    touched = np.unique(left)
    order = touched[np.argsort(labels[touched], kind="stable")]
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    groups = [np.sort(group) for group in np.split(order, cuts) if len(group) >= s.min_accounts]
    return sorted(groups, key=lambda g: (-len(g), int(g[0])))


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
