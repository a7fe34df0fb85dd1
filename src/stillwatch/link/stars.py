"""Validated stars: values held by many, whose holders are more alike in other families than a random draw.

A value that thousands hold says little by its rarity. What counts is whether its holders also crowd on values
of *other* families: a campus exit's students do not share cards, a tool's users do not share sign-up days.
For each other family the most crowded value is tested (binomial tail against its share among all accounts,
times the number of values tried); families are combined by Fisher's method, stars by Benjamini–Hochberg.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Codes, Flags, Incidence
from stillwatch.link.pairs import fisher_log2
from stillwatch.model.ahead import ahead
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.overlap import crowded_values
from stillwatch.model.kernels.tails import benjamini_hochberg, binomial_log2_tail

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Found = tuple[Ints, Ints, Codes, Codes]  # what `crowded_values` returns

LEAST = 3  # holders of a star that make a value crowded
STEP = 512  # stars that a thread looks at in one go


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


def validated_stars(held: Incidence, settings: StarSettings | None = None, *, threads: int = 1) -> Stars:
    """Stars whose holders crowd in other families beyond the false discovery rate."""
    s = settings or StarSettings()
    asked = _candidates(held, s)
    tails, lifts = np.zeros((len(asked), len(FAMILIES))), np.zeros((len(asked), len(FAMILIES)))
    for at, found in _crowded(held, asked, s, threads):
        tails[at : at + STEP], lifts[at : at + STEP] = _crowding(held, asked[at : at + STEP], *found)
    log2_p = fisher_log2(tails)
    keep = benjamini_hochberg(log2_p, tests=max(len(asked), 1), rate=s.fdr)
    return Stars(asked[keep], log2_p[keep], lifts[keep])


def _candidates(held: Incidence, s: StarSettings) -> Ints:
    common = (held.df >= s.min_holders) & (held.df <= s.max_share * held.n)
    return np.flatnonzero(common & held.of_kind(*STAR_KINDS))


STAR_KINDS = (
    "net24", "signup_address", "client", "params", "signup_client", "email_domain", "email_pattern",
    "organization", "end_user", "metadata", "signup_hour", "instrument", "neighbour", "issuer", "template",
    "system", "tools", "schema", "wording",
)  # fmt: skip


def _crowded(held: Incidence, asked: Ints, s: StarSettings, threads: int) -> Iterator[tuple[int, Found]]:
    """Crowded values of the stars asked, `STEP` stars at a time, and the position of the first of these."""
    families = np.searchsorted(held.family, np.arange(1, len(FAMILIES) + 2))
    having, often = held.having[held.kind_at].astype(np.float64), 2.0**s.min_lift_bits
    sets = (held.heads, held.account_of, held.starts, held.value_of)

    def crowded(first: int) -> Found:
        return crowded_values(*sets, families, having, asked[first : first + STEP], LEAST, often)

    steps = range(0, len(asked), STEP)
    return zip(steps, ahead(crowded, steps, threads=threads), strict=True)


def _crowding(
    held: Incidence, asked: Ints, tried: Ints, many: Ints, value: Codes, inside: Codes
) -> tuple[Floats, Floats]:
    """log2 p-value and lift in bits of the most crowded value in each other family; two float64[stars, 7]."""
    tails, lifts = np.zeros((len(asked), len(FAMILIES))), np.zeros((len(asked), len(FAMILIES)))
    star = np.repeat(np.arange(len(asked)), many)
    members = held.df[asked][star]
    total = held.having[held.kind_at[value]].astype(np.float64)
    outside = np.maximum(held.df[value] - inside, 0.5) / np.maximum(total - members, 1.0)
    outside = np.minimum(outside, 1.0)
    share = inside / members
    tail = binomial_log2_tail(inside, members, outside)
    tail = np.minimum(tail + np.log2(tried[star]), 0.0)
    family = held.family[value] - 1
    np.minimum.at(tails, (star, family), tail)
    np.maximum.at(lifts, (star, family), np.where(tail < 0, np.log2(share / outside) * share, 0.0))
    return tails, lifts


def is_star(held: Incidence, stars: Stars) -> Flags:
    """bool[V]: the value is a validated star."""
    flags = np.zeros(len(held.df), dtype=bool)
    flags[stars.value] = True
    return flags
