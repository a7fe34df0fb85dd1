"""Validated pairs: two accounts that share more rare values than chance allows.

Null: the bipartite configuration model in its Chung–Lu form. Of one kind of value, accounts i and j share on
average `d_i d_j Σ f(f-1) / (Σ f)²` values, where d counts an account's rare values and f a value's holders.
The count is Poisson; kinds of one family count once (the smallest p times the number of kinds), families are
combined by Fisher's method, and Benjamini–Hochberg runs over all N(N-1)/2 pairs, seen or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Codes, Flags, Incidence
from stillwatch.model.ahead import ahead
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.overlap import shared_values
from stillwatch.model.kernels.tails import benjamini_hochberg, poisson_log2_tail

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


def validated_pairs(held: Incidence, settings: PairSettings | None = None, *, threads: int = 1) -> Pairs:
    """Pairs whose shared rare values pass the false discovery rate."""
    s = settings or PairSettings()
    rare = (held.df >= 2) & (held.df <= s.max_holders)
    shared = _shared(held, rare, threads)
    tests = max(held.n * (held.n - 1) // 2, 1)
    return _by_pair(held, shared, _kind_tails(held, shared, rare), tests=tests, rate=s.fdr)


@dataclass(frozen=True, slots=True)
class _Shared:
    """For each pair of account codes `a < b` and each `kind` (position in `Incidence.kinds`) of which they share rare
    values, in this order, how many these are."""

    a: Codes
    b: Codes
    kind: Codes
    count: Codes


def _shared(held: Incidence, rare: Flags, threads: int) -> _Shared:
    rows = (held.heads, held.account_of, held.starts, held.value_of, held.kind_at, rare)

    def shared(first: int) -> tuple[Codes, Codes, Codes, Codes]:
        return shared_values(*rows, first, min(first + STEP, held.n))

    found = list(ahead(shared, range(0, held.n, STEP), threads=threads))
    columns = zip(*found, strict=True) if found else [[np.empty(0, np.int32)]] * 4
    return _Shared(*(np.concatenate(list(column)) for column in columns))


def _kind_tails(held: Incidence, shared: _Shared, rare: Flags) -> Floats:
    """log2 of the Poisson tail for each row of pair and kind; float64[rows]."""
    kind = held.kind_at[rare]
    f = held.df[rare].astype(np.float64)
    width = len(held.kinds)
    total = np.bincount(kind, weights=f, minlength=width)
    factor = np.bincount(kind, weights=f * (f - 1), minlength=width) / np.maximum(total**2, 1.0)
    row = np.repeat(np.arange(held.n), np.diff(held.starts))[rare[held.value_of]]
    at = held.kind_at[held.value_of[rare[held.value_of]]]
    degree = np.bincount(row * width + at, minlength=held.n * width).astype(np.float64)
    left, right = (degree[codes.astype(np.int64) * width + shared.kind] for codes in (shared.a, shared.b))
    return poisson_log2_tail(shared.count, left * right * factor[shared.kind])


def _by_pair(held: Incidence, shared: _Shared, log2_p: Floats, *, tests: int, rate: float) -> Pairs:
    """Pairs that are discoveries: kinds of a family count once, families by Fisher's method."""
    fresh = np.ones(len(shared.a), dtype=bool)
    fresh[1:] = (np.diff(shared.a) != 0) | (np.diff(shared.b) != 0)
    first = np.flatnonzero(fresh)
    family = (held.kinds // 100 - 1).astype(np.int64)[shared.kind]
    cell = (np.cumsum(fresh) - 1) * len(FAMILIES) + family
    heads = np.flatnonzero(np.diff(cell, prepend=-1))
    cells = np.zeros(len(first) * len(FAMILIES))
    if len(first):
        least = np.minimum.reduceat(log2_p, heads)
        kinds = np.diff(heads, append=len(cell))
        cells[cell[heads]] = np.minimum(least + np.log2(kinds), 0.0)
    corrected = cells.reshape(-1, len(FAMILIES))
    total = fisher_log2(corrected)
    keep = benjamini_hochberg(total, tests=tests, rate=rate)
    a, b = (codes[first[keep]].astype(np.int64) for codes in (shared.a, shared.b))
    return Pairs(a, b, total[keep], -corrected[keep])


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
