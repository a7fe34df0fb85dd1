"""Validated pairs: two accounts that share more rare values than chance allows.

Null: the bipartite configuration model in its Chung–Lu form. Of one kind of value, accounts i and j share on
average `d_i d_j Σ f(f-1) / (Σ f)²` values, where d counts an account's rare values and f a value's holders.
The count is Poisson; kinds of one family count once (the smallest p times the number of kinds), families are
combined by Fisher's method, and Benjamini–Hochberg runs over all N(N-1)/2 pairs, seen or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence
from stillwatch.model.engine import Tables
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.tails import benjamini_hochberg, poisson_log2_tail

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairSettings:
    """`max_holders`: a value held by more is a star, not a reason for pairs; `fdr`: false discovery rate."""

    max_holders: int = 64
    fdr: float = 0.01


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of account codes `a < b`, their p-value (log2), and per family the weight in bits (P, 7)."""

    a: Ints
    b: Ints
    log2_p: Floats
    bits: Floats

    def __len__(self) -> int:
        return len(self.a)


def validated_pairs(t: Tables, held: Incidence, settings: PairSettings | None = None) -> Pairs:
    """Pairs whose shared rare values pass the false discovery rate."""
    s = settings or PairSettings()
    shared = _shared(t, held, s.max_holders)
    if len(shared["a"]) == 0:
        return Pairs(shared["a"], shared["b"], np.empty(0), np.empty((0, len(FAMILIES))))
    log2_p = _kind_tails(held, shared, s.max_holders)
    pairs = _by_pair(shared, log2_p)
    tests = max(held.n * (held.n - 1) // 2, 1)
    keep = benjamini_hochberg(pairs.log2_p, tests=tests, rate=s.fdr)
    return Pairs(pairs.a[keep], pairs.b[keep], pairs.log2_p[keep], pairs.bits[keep])


def _shared(t: Tables, held: Incidence, max_holders: int) -> dict[str, Ints]:
    """For each pair and kind how many rare values they share, and the weight of the rarest in bits."""
    rare = np.flatnonzero((held.df >= 2) & (held.df <= max_holders))
    accounts, owner = held.holders_of(rare)
    t.put(
        "rare_held",
        pa.table(
            {
                "account": accounts.astype(np.int32),
                "value": rare[owner].astype(np.int32),
                "kind": held.kind[rare[owner]],
                "df": held.df[rare[owner]].astype(np.int32),
            }
        ),
    )
    rows = t.numpy(
        """
        SELECT x.account AS a, y.account AS b, x.kind, count(*) AS shared, min(x.df) AS df
        FROM rare_held x JOIN rare_held y ON x.value = y.value AND x.account < y.account
        GROUP BY x.account, y.account, x.kind
        ORDER BY x.account, y.account, x.kind
        """
    )
    t.drop("rare_held")
    return {name: np.asarray(rows[name]).astype(np.int64) for name in ("a", "b", "kind", "shared", "df")}


def _kind_tails(held: Incidence, shared: dict[str, Ints], max_holders: int) -> Floats:
    """log2 of the Poisson tail for each row of pair and kind; float64[rows]."""
    tails = np.zeros(len(shared["a"]))
    rare = (held.df >= 2) & (held.df <= max_holders)
    row_account = np.repeat(np.arange(held.n), np.diff(held.starts))
    for kind in np.unique(shared["kind"]):
        of_kind = rare & (held.kind == kind)
        degree = np.bincount(row_account[of_kind[held.value_of]], minlength=held.n).astype(np.float64)
        f = held.df[of_kind].astype(np.float64)
        factor = (f * (f - 1)).sum() / max(f.sum() ** 2, 1.0)
        at = shared["kind"] == kind
        mean = degree[shared["a"][at]] * degree[shared["b"][at]] * factor
        tails[at] = poisson_log2_tail(shared["shared"][at], mean)
    return tails


def _by_pair(shared: dict[str, Ints], log2_p: Floats) -> Pairs:
    """One row a pair: kinds of a family count once, families by Fisher's method."""
    from_kind = _family_of_kind(shared["kind"])
    fresh = np.ones(len(shared["a"]), dtype=bool)
    fresh[1:] = (np.diff(shared["a"]) != 0) | (np.diff(shared["b"]) != 0)
    pair = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)
    cell = pair * len(FAMILIES) + from_kind
    size = len(first) * len(FAMILIES)
    least = np.zeros(size)
    np.minimum.at(least, cell, log2_p)
    kinds = np.bincount(cell, minlength=size)
    corrected = np.minimum(least + np.log2(np.maximum(kinds, 1)), 0.0).reshape(-1, len(FAMILIES))
    return Pairs(shared["a"][first], shared["b"][first], fisher_log2(corrected), -corrected)


def fisher_log2(log2_p: Floats) -> Floats:
    """log2 of Fisher's combined p-value over the last axis: `x Σ (-ln x)^i / i!` with x the product.

    Source: R. A. Fisher, Statistical Methods for Research Workers, 1932; the sum is the chi-squared tail.
    """
    log_x = log2_p.sum(axis=-1) * np.log(2.0)
    tests = log2_p.shape[-1]
    term = np.ones_like(log_x)
    total = np.ones_like(log_x)
    for i in range(1, tests):
        term = term * (-log_x) / i
        total = total + term
    return np.asarray(np.minimum((log_x + np.log(total)) / np.log(2.0), 0.0), np.float64)


def _family_of_kind(kind: Ints) -> Ints:
    return kind // 100 - 1
