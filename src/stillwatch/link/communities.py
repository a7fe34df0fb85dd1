"""Seeds of groups: components, then constant-Potts communities, of the graph of accounts and validated values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence
from stillwatch.link.pairs import Pairs, PairSettings
from stillwatch.link.stars import Stars, is_star
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.cpm import cpm

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeedSettings:
    """`whole_bits`: what an account must be tied with to join a group as large as the population;
    `max_bits`: bound on the weight of one value; `min_accounts` of a seed."""

    whole_bits: float = 4.0
    max_bits: float = 12.0
    min_accounts: int = 3


def seeds(
    t: Tables, held: Incidence, pairs: Pairs, stars: Stars, settings: SeedSettings | None = None
) -> list[Ints]:
    """Account codes of each community, largest first; ties in order of the smallest account."""
    s = settings or SeedSettings()
    keep = is_star(held, stars)
    keep[_values_of_pairs(t, held, pairs)] = True
    values = np.flatnonzero(keep)
    if len(values) == 0:
        return []
    accounts, owner = held.holders_of(values)
    bits = np.clip(np.log2(held.n / held.df[values]), 0.5, s.max_bits)[owner]
    labels = _communities(held.n, len(values), accounts, owner, bits, gamma=s.whole_bits / held.n)
    return _members(labels[: held.n], np.unique(accounts), s.min_accounts)


def _communities(n: int, values: int, accounts: Ints, owner: Ints, bits: Floats, *, gamma: float) -> Ints:
    """CPM on the bipartite graph; accounts have size 1, values size 0, so γ counts accounts only."""
    left = np.concatenate([accounts, owner + n])
    right = np.concatenate([owner + n, accounts])
    weight = np.concatenate([bits, bits])
    order = np.lexsort((right, left))
    indptr = np.zeros(n + values + 1, np.int64)
    np.cumsum(np.bincount(left, minlength=n + values), out=indptr[1:])
    sizes = np.concatenate([np.ones(n), np.zeros(values)])
    return cpm(indptr, right[order], weight[order], gamma=gamma, node_sizes=sizes)


def _members(labels: Ints, touched: Ints, least: int) -> list[Ints]:
    order = touched[np.argsort(labels[touched], kind="stable")]
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    groups = [np.sort(group) for group in np.split(order, cuts) if len(group) >= least]
    return sorted(groups, key=lambda g: (-len(g), int(g[0])))


def _values_of_pairs(t: Tables, held: Incidence, pairs: Pairs) -> Ints:
    """Rare values that the two accounts of some validated pair share."""
    if len(pairs) == 0:
        return np.empty(0, np.int64)
    rare = np.flatnonzero(held.df <= PairSettings().max_holders)
    accounts, owner = held.holders_of(rare)
    t.put("rare_held", pa.table({"account": accounts, "value": rare[owner]}))
    t.put("good_pairs", pa.table({"a": pairs.a, "b": pairs.b}))
    rows = t.numpy(
        """
        SELECT DISTINCT x.value FROM good_pairs p
        JOIN rare_held x ON x.account = p.a
        JOIN rare_held y ON y.account = p.b AND y.value = x.value
        ORDER BY 1
        """
    )
    t.drop("rare_held"), t.drop("good_pairs")
    return np.asarray(rows["value"], np.int64)
