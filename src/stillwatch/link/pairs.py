"""Validated pairs: two accounts that share more rare values than chance allows.

Null: the bipartite configuration model in its Chung–Lu form. Of one kind of value, accounts i and j share on
average `d_i d_j Σ f(f-1) / (Σ f)²` values, where d counts an account's rare values and f a value's holders.
The count is Poisson; kinds of one family count once (the smallest p times the number of kinds), families are
combined by Fisher's method, and Benjamini–Hochberg runs over all N(N-1)/2 pairs, seen or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Codes, Incidence
from stillwatch.model.ahead import ahead
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.overlap import shared_values, transposed
from stillwatch.model.kernels.tails import discovery_cut, passing_cut, poisson_log2_tail

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STEP = 1024  # accounts whose pairs a thread looks for in one go


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


@dataclass(frozen=True, slots=True)
class RareValues:
    """Values that make pairs, numbered among themselves.

    Holders of value v are `account_of[heads[v]:heads[v + 1]]`, values of account i `value_of[starts[i]:starts[i + 1]]`,
    `kind_at` int64[V] is the position of each value's kind; `degree` int32[N, K] is how many values of a kind an
    account holds, `factor` float64[K] what the product of two degrees is multiplied with to give the number that the
    two share by chance, `family` int64[K] the position of a kind's family.
    """

    heads: Ints
    account_of: Codes
    starts: Ints
    value_of: Codes
    kind_at: Ints
    degree: Codes
    factor: Floats
    family: Ints

    @property
    def n(self) -> int:
        """Number of accounts."""
        return len(self.starts) - 1

    @property
    def tests(self) -> int:
        """Number of all pairs of accounts, at least 1."""
        return max(self.n * (self.n - 1) // 2, 1)

    def possible(self) -> int:
        """How many pairs share a value, each counted once for every value that they share."""
        df = np.diff(self.heads)
        return int((df * (df - 1) // 2).sum())

    def loosest_cut(self, fdr: float) -> float:
        """log2 of the largest p-value that may pass the false discovery rate: if all that share a value did."""
        return passing_cut(min(self.possible(), self.tests), tests=self.tests, rate=fdr)

    def cut(self, count: Callable[[float], int], fdr: float) -> float:
        """log2 of the largest p-value that passes; `count` says how many pairs have one up to a bound."""
        return discovery_cut(count, most=self.possible(), tests=self.tests, rate=fdr)

    def met(self) -> Ints:
        """How many later holders the values of each account have, int64[N]; `possible` in all."""
        after = self.heads[1:].repeat(np.diff(self.heads)) - np.arange(1, len(self.account_of) + 1)
        return np.bincount(self.account_of, weights=after, minlength=self.n).astype(np.int64)


def rare_values(held: Incidence, settings: PairSettings | None = None) -> RareValues:
    """The values of an incidence that make pairs."""
    s = settings or PairSettings()
    rare = (held.df >= 2) & (held.df <= s.max_holders)
    df, kind, width = held.df[rare], held.kind_at[rare], len(held.kinds)
    heads = np.append(0, np.cumsum(df)).astype(np.int64)
    account_of = held.account_of[np.repeat(rare, held.df)]
    starts, value_of = transposed(heads, account_of, held.n, np.arange(len(df)))
    row = np.repeat(np.arange(held.n), np.diff(starts))
    degree = np.bincount(row * width + kind[value_of], minlength=held.n * width)
    total = np.bincount(kind, weights=df, minlength=width)
    twice = np.bincount(kind, weights=df * (df - 1.0), minlength=width)
    return RareValues(
        heads, account_of, starts, value_of, kind,
        degree.astype(np.int32).reshape(held.n, width), twice / np.maximum(total**2, 1.0),
        (held.kinds // 100 - 1).astype(np.int64),
    )  # fmt: skip


def validated_pairs(
    held: Incidence,
    settings: PairSettings | None = None,
    *,
    rare: RareValues | None = None,
    threads: int = 1,
) -> Pairs:
    """Pairs whose shared rare values pass the false discovery rate; `rare` are these values, if they are known."""
    s = settings or PairSettings()
    values = rare or rare_values(held, s)

    most = values.loosest_cut(s.fdr)

    def plausible(first: int) -> Pairs:
        return plausible_pairs(values, first, min(first + STEP, held.n), most=most)

    found = _joined(list(ahead(plausible, range(0, held.n, STEP), threads=threads)))
    cut = values.cut(lambda bound: int(np.count_nonzero(found.log2_p <= bound)), s.fdr)
    return _kept(found, found.log2_p <= cut)


def plausible_pairs(rare: RareValues, first: int, last: int, *, most: float) -> Pairs:
    """Pairs whose smaller account is from `first` to `last` and whose log2 p-value is at most `most`."""
    rows = (rare.heads, rare.account_of, rare.starts, rare.value_of, rare.kind_at)
    shared = _Shared(*shared_values(*rows, first, last))
    found = _by_pair(shared, _kind_tails(rare, shared), rare.family[shared.kind])
    return _kept(found, found.log2_p <= most)


@dataclass(frozen=True, slots=True)
class _Shared:
    """For each pair of account codes `a < b` and each `kind` (position in `Incidence.kinds`) of which they share rare
    values, in this order, how many these are."""

    a: Codes
    b: Codes
    kind: Codes
    count: Codes


def _joined(parts: Sequence[Pairs]) -> Pairs:
    if not parts:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty((0, len(FAMILIES))))
    a, b, log2_p, bits = zip(*((p.a, p.b, p.log2_p, p.bits) for p in parts), strict=True)
    return Pairs(np.concatenate(a), np.concatenate(b), np.concatenate(log2_p), np.concatenate(bits))


def _kept(pairs: Pairs, keep: NDArray[np.bool_]) -> Pairs:
    return Pairs(pairs.a[keep], pairs.b[keep], pairs.log2_p[keep], pairs.bits[keep])


def _kind_tails(rare: RareValues, shared: _Shared) -> Floats:
    """log2 of the Poisson tail for each row of pair and kind; float64[rows]."""
    left, right = (rare.degree[codes, shared.kind].astype(np.float64) for codes in (shared.a, shared.b))
    return poisson_log2_tail(shared.count, left * right * rare.factor[shared.kind])


def _by_pair(shared: _Shared, log2_p: Floats, family: Ints) -> Pairs:
    """All pairs: kinds of a family count once, families by Fisher's method."""
    fresh = np.ones(len(shared.a), dtype=bool)
    fresh[1:] = (np.diff(shared.a) != 0) | (np.diff(shared.b) != 0)
    first = np.flatnonzero(fresh)
    cell = (np.cumsum(fresh) - 1) * len(FAMILIES) + family
    heads = np.flatnonzero(np.diff(cell, prepend=-1))
    cells = np.zeros(len(first) * len(FAMILIES))
    if len(first):
        least = np.minimum.reduceat(log2_p, heads)
        kinds = np.diff(heads, append=len(cell))
        cells[cell[heads]] = np.minimum(least + np.log2(kinds), 0.0)
    corrected = cells.reshape(-1, len(FAMILIES))
    a, b = (codes[first].astype(np.int64) for codes in (shared.a, shared.b))
    return Pairs(a, b, fisher_log2(corrected), -corrected)


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
