"""Pieces of a group that are judged by themselves: crowds with facts of their own, and those tied by content alone.

An innocent crowd that sends what a few send in concert has no part in their doing, and lends them no excuse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import OVERLAP, Incidence
from stillwatch.link.membership import Group, described
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.components import components

Ints = NDArray[np.int64]

FACTS = (
    "address", "net24", "signup_address", "email_domain", "phone", "organization", "signup_hour", "instrument",
    "neighbour", "issuer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartSettings:
    """Members whom a family other than content and client gives `tied_bits` are tied; a piece has `min_accounts` and
    the share `least` of the group; of a value's holders `sample` are looked at."""

    tied_bits: float = 2.0
    least: float = 0.05
    min_accounts: int = 3
    sample: int = 2048


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a group, or with `inside` false everybody but the piece; `tied` by facts of their own."""

    group: Group
    piece: int
    inside: bool
    tied: bool


def parts(held: Incidence, group: Group, settings: PartSettings | None = None) -> list[Part]:
    """Each piece and everybody but it; of two pieces each is the rest of the other. None where all are of a piece."""
    s = settings or PartSettings()
    of, tied = _pieces(held, group, s)
    inner = [Part(described(held, group.members[of == p]), p, True, t) for p, t in enumerate(tied)]
    if len(inner) < 2:
        return []
    if len(inner) == 2:
        return inner
    outer = [Part(described(held, group.members[of != p.piece]), p.piece, False, p.tied) for p in inner]
    return [*inner, *outer]


def _pieces(held: Incidence, group: Group, s: PartSettings) -> tuple[Ints, list[bool]]:
    """Piece of each member, the largest first, and which pieces are tied; what is too small is with the largest."""
    other = [f for f, name in enumerate(FAMILIES) if name not in ("content", "client")]
    tied = group.family_bits[:, other].max(axis=1, initial=0.0) >= s.tied_bits
    crowd = np.where(tied, _crowds(held, group, s) + 2, 0)  # 0 the untied, 1 tied by none of the facts
    least = max(s.min_accounts, s.least * len(group))
    found, at, size = np.unique(crowd, return_inverse=True, return_counts=True)
    scattered = (found > 1) & (size < least)
    crowd = np.where(scattered[at], 1, crowd)
    found, at, size = np.unique(crowd, return_inverse=True, return_counts=True)
    large = np.flatnonzero(size >= least)
    order = large[np.argsort(-size[large], kind="stable")]
    number = np.zeros(len(found), np.int64)
    number[order] = np.arange(len(order))
    return number[at], [bool(found[i] > 0) for i in order]


def _crowds(held: Incidence, group: Group, s: PartSettings) -> Ints:
    """Number of the crowd of each member by the facts it shares, -1 for none.

    A fact goes with that wider one which most of the members with it have too.
    """
    at = np.flatnonzero(held.of_kind(*FACTS, among=group.favoured))
    facts, lift = group.favoured[at], group.lift_bits[at]
    if len(facts) == 0:
        return np.full(len(group), -1, np.int64)
    holds = _holding(held, group.members, facts)
    root = _joined(holds[:: len(holds) // s.sample + 1])
    votes = np.zeros((len(group), len(facts)))
    np.add.at(votes.T, root, (holds * lift).T)
    return np.asarray(np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), -1), np.int64)


def _holding(held: Incidence, members: Ints, values: Ints) -> NDArray[np.float32]:
    """Who of the members holds what; float32[n, V]."""
    accounts, owner = held.holders_of(values)
    row = np.searchsorted(members, accounts)
    row[row == len(members)] = 0
    own = members[row] == accounts
    out = np.zeros((len(members), len(values)), np.float32)
    out[row[own], owner[own]] = 1.0
    return out


def _joined(holds: NDArray[np.float32]) -> Ints:
    """Label of each value: it is joined to the wider value most of whose members it shares."""
    count = holds.sum(axis=0)
    order = np.argsort(-count, kind="stable")
    both = (holds.T @ holds)[np.ix_(order, order)]
    wider = np.tril(both / np.maximum(count[order], 1.0)[:, None], -1)
    best = wider.argmax(axis=1)
    near = wider[np.arange(len(order)), best] >= OVERLAP
    return components(len(order), order[near], order[best[near]])
