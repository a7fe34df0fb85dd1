"""Validated stars: values held by many, whose holders are more alike in other families than a random draw.

A value that thousands hold says little by its rarity. What counts is whether its holders also crowd on values
of *other* families: a campus exit's students do not share cards, a tool's users do not share sign-up days.
For each other family the most crowded value is tested (binomial tail against its share among all accounts,
times the number of values tried); families are combined by Fisher's method, stars by Benjamini–Hochberg.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Flags, Incidence
from stillwatch.link.pairs import fisher_log2
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.overlap import common_values
from stillwatch.model.kernels.tails import benjamini_hochberg, binomial_log2_tail

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Counted = tuple[
    NDArray[np.int32], NDArray[np.int32]
]  # room for counts of every value, and for which were counted
Crowding = tuple[Floats, Floats]

LEAST = 3  # holders of a star that make a value crowded


@dataclass(frozen=True, slots=True)
class StarSettings:
    """`min_holders` of a star; `max_share` of all accounts, above which a value is a property of the
    population; `min_lift_bits` by which a crowded value must exceed its usual share; `fdr`."""

    min_holders: int = 5
    max_share: float = 0.25
    min_lift_bits: float = 2.0
    fdr: float = 0.01


@dataclass(frozen=True, slots=True)
class Stars:
    """Values (indices into the incidence), their p-value (log2), and crowding per other family in bits."""

    value: Ints
    log2_p: Floats
    bits: Floats

    def __len__(self) -> int:
        return len(self.value)


def validated_stars(held: Incidence, settings: StarSettings | None = None) -> Stars:
    """Stars whose holders crowd in other families beyond the false discovery rate."""
    s = settings or StarSettings()
    asked = _candidates(held, s)
    log2_p = np.zeros(len(asked))
    bits = np.zeros((len(asked), len(FAMILIES)))
    having = held.having.astype(np.float64)
    counted = np.zeros(len(held.df), np.int32), np.empty(len(held.df), np.int32)
    for i, value in enumerate(asked):
        tails, lifts = _crowding(held, int(value), counted, having, s)
        bits[i] = lifts
        log2_p[i] = float(fisher_log2(tails))
    keep = benjamini_hochberg(log2_p, tests=max(len(asked), 1), rate=s.fdr)
    return Stars(asked[keep], log2_p[keep], bits[keep])


def _candidates(held: Incidence, s: StarSettings) -> Ints:
    common = (held.df >= s.min_holders) & (held.df <= s.max_share * held.n)
    return np.flatnonzero(common & held.of_kind(*STAR_KINDS))


STAR_KINDS = (
    "net24", "signup_address", "client", "params", "signup_client", "email_domain", "email_pattern",
    "organization", "end_user", "metadata", "signup_hour", "instrument", "neighbour", "issuer", "template",
    "system", "tools", "schema", "wording",
)  # fmt: skip


def _crowding(held: Incidence, value: int, counted: Counted, having: Floats, s: StarSettings) -> Crowding:
    """log2 p-value and lift in bits of the most crowded value in each other family; two float64[7]."""
    members = held.account_of[held.heads[value] : held.heads[value + 1]]
    found, counts = common_values(held.starts, held.value_of, members, LEAST, *counted)
    other = held.family[found] != held.family[value]
    found, counts = found[other], counts[other]
    tails, lifts = np.zeros(len(FAMILIES)), np.zeros(len(FAMILIES))
    total = having[held.kind_at[found]]
    outside = np.maximum(held.df[found] - counts, 0.5) / np.maximum(total - len(members), 1.0)
    outside = np.minimum(outside, 1.0)
    share = counts / len(members)
    lift = np.log2(share / outside)
    crowded = lift >= s.min_lift_bits
    if not crowded.any():
        return tails, lifts
    tail = binomial_log2_tail(counts[crowded], len(members), outside[crowded])
    tail = np.minimum(tail + np.log2(len(found)), 0.0)
    family = held.family[found[crowded]] - 1
    np.minimum.at(tails, family, tail)
    np.maximum.at(lifts, family, np.where(tail < 0, lift[crowded] * share[crowded], 0.0))
    return tails, lifts


def is_star(held: Incidence, stars: Stars) -> Flags:
    """bool[V]: the value is a validated star."""
    flags = np.zeros(len(held.df), dtype=bool)
    flags[stars.value] = True
    return flags
