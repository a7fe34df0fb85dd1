"""Groups to examine: seeds settled into members, pieces of one group put together, copies dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import CONTENT_KINDS, Incidence
from stillwatch.link.membership import Group, blocks, settle
from stillwatch.link.wholes import put_together
from stillwatch.model.ahead import ahead
from stillwatch.model.kernels.chains import Chains
from stillwatch.model.kernels.components import components

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """`min_accounts` of a group; `covered` share of a star's holders in one group that makes it no seed. Two stars are
    one seed if the share `same` of the wider one's holders hold both; of an account's stars the next `reach` are
    compared.

    A group is held together by content if the share `telling` of its members holds one that they hold `telling_bits`
    oftener than anybody else. What a twentieth of all accounts send is found in any crowd that is large enough.

    A group with the share `inside` of its members in another is a copy, unless the other's tightness is less than
    `tighter` times its own.
    """

    min_accounts: int = 3
    covered: float = 0.5
    inside: float = 0.6
    tighter: float = 0.8
    same: float = 0.5
    reach: int = 8
    telling: float = 0.1
    telling_bits: float = 4.0


def form_groups(
    held: Incidence,
    found: Sequence[Ints],
    stars: Ints,
    public: Ints,
    settings: GroupSettings | None = None,
    *,
    threads: int = 1,
) -> list[Group]:
    """Groups with some content in common, largest first; one may lie inside another. Where no account holds any
    content, other evidence is enough.

    `found` are communities; `stars` are content values, each of whose holders are a seed unless a group that
    favours the value already has most of them. `public` are keys of public content, which join nobody.
    """
    s = settings or GroupSettings()

    def settled(seed: Ints) -> list[Group]:
        return [settle(held, block) for block in blocks(held, seed)]

    groups = [g for own in ahead(settled, found, threads=threads) for g in own if len(g) >= s.min_accounts]
    groups += _around_stars(held, groups, stars, s, threads)
    groups = put_together(held, _distinct(held, groups, s), public, threads=threads)
    known = held.of_kind(*CONTENT_KINDS).any()
    groups = [g for g in groups if len(g) >= s.min_accounts and (not known or _has_content(held, g, s))]
    return _distinct(held, groups, s)


def _around_stars(
    held: Incidence, groups: Sequence[Group], stars: Ints, s: GroupSettings, threads: int
) -> list[Group]:
    """Groups settled from the holders of stars that are not covered yet; stars held by the same are one seed.

    A seed is given up as soon as what it has become would be dropped as a copy of a group. Seeds are settled ahead,
    before it is known what the few before them become: once it is, they are asked again whether they are given up.
    """
    covered = np.zeros(len(held.df))
    kept = _Kept(held.n, s)
    for group in groups:
        _cover(held, group, covered)
        kept.add(group)

    def settled(alike: Ints) -> tuple[Ints, list[_Grown]]:
        return alike, [_grown(held, b, kept) for b in blocks(held, np.unique(held.holders_of(alike)[0]))]

    out = []
    seeds = (alike for alike in _alike(held, stars, s) if covered[alike].max() < s.covered)
    for alike, found in ahead(settled, seeds, threads=threads):
        if covered[alike].max() >= s.covered:
            continue
        covered[alike] = 1.0
        for own in found:
            if len(own.group) >= s.min_accounts and not any(kept.has(early) for early in own.earlier):
                _cover(held, own.group, covered)
                kept.add(own.group)
                out.append(own.group)
    return out


@dataclass(frozen=True, slots=True)
class _Grown:
    """What a seed has become, and what it was before, round by round."""

    group: Group
    earlier: list[Group]


def _grown(held: Incidence, seed: Ints, kept: _Kept) -> _Grown:
    """The seed settled, unless it is given up for what is kept so far."""
    earlier: list[Group] = []

    def known(group: Group) -> bool:
        earlier.append(group)
        return kept.has(group)

    return _Grown(settle(held, seed, known=known), earlier)


class _Kept:
    """Groups found so far, to tell whether another is a copy of one; may be asked in threads while groups are added.
    Who is a copy once stays one."""

    def __init__(self, accounts: int, settings: GroupSettings) -> None:
        self._s = settings
        self._tightness: list[float] = []
        self._of = Chains.empty(accounts)
        self._lock = Lock()

    def add(self, group: Group) -> None:
        with self._lock:
            self._of.add(group.members, len(self._tightness))
            self._tightness.append(group.tightness)

    def has(self, group: Group) -> bool:
        """Whether most of its members stand in one that holds together as well."""
        with self._lock:
            overlap = self._of.counted(group.members, len(self._tightness))
        rivals = np.flatnonzero(overlap >= max(self._s.inside * len(group), 1))
        return any(self._tightness[k] >= self._s.tighter * group.tightness for k in rivals.tolist())


def _alike(held: Incidence, stars: Ints, s: GroupSettings) -> list[Ints]:
    """Stars joined where most of the holders of the wider one hold both; widest first."""
    accounts, owner = held.holders_of(stars)
    order = np.lexsort((owner, accounts))
    accounts, owner = accounts[order], owner[order]
    pairs = [np.empty(0, np.int64)]
    for step in range(1, s.reach + 1):
        same = accounts[step:] == accounts[:-step]
        pairs.append(owner[:-step][same] * len(stars) + owner[step:][same])
    both, together = np.unique(np.concatenate(pairs), return_counts=True)
    left, right = both // max(len(stars), 1), both % max(len(stars), 1)
    mostly = together >= s.same * np.maximum(held.df[stars[left]], held.df[stars[right]])
    root = components(len(stars), left[mostly], right[mostly])
    order = np.argsort(root, kind="stable")
    return np.split(stars[order], np.flatnonzero(np.diff(root[order])) + 1) if len(stars) else []


def _cover(held: Incidence, group: Group, covered: NDArray[np.float64]) -> None:
    """Note the share of each value's holders that stand in the group."""
    found, counts = held.counted(group.members)
    covered[found] = np.maximum(covered[found], counts / held.df[found])


def _has_content(held: Incidence, group: Group, s: GroupSettings) -> bool:
    """Whether content holds the group together."""
    telling = group.favoured[
        held.of_kind(*CONTENT_KINDS, among=group.favoured) & (group.lift_bits >= s.telling_bits)
    ]
    often, _ = held.counted(group.members, ceil(s.telling * len(group)))
    return bool(np.isin(telling, often).any())


def _distinct(held: Incidence, groups: Sequence[Group], s: GroupSettings) -> list[Group]:
    """Drop copies of a group: most of whose members stand in one that holds together as well."""
    ordered = sorted(groups, key=lambda g: (-g.tightness * np.log2(len(g) + 1), -len(g), int(g.members[0])))
    kept = _Kept(held.n, s)
    out = []
    for group in ordered:
        if not kept.has(group):
            kept.add(group)
            out.append(group)
    return out
