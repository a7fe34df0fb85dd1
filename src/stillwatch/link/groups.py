"""Groups to examine: seeds settled into members, pieces of one group put together, copies dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group, settle
from stillwatch.model.families import FAMILIES

Ints = NDArray[np.int64]

CONTENT = ("template", "system", "tools", "schema")
CONTENT_FAMILY = FAMILIES.index("content") + 1
MARKS = (
    "signup_address", "client", "signup_client", "email_domain", "email_pattern", "phone", "end_user", "metadata",
    "signup_hour", "instrument", "neighbour", "issuer", "template", "system",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """`min_accounts` of a group; `covered` share of a star's holders in one group that makes it no seed.

    A group with the share `inside` of its members in another is a copy, unless the other's tightness is less than
    `tighter` times its own; one with the share `heap` of its members in tighter groups is a heap, groups smaller
    than `part` of it left aside. Two pieces are tried as one if they have a private frame and marks of `marks`
    families in common, each held by the share `principal` of both; a frame of which groups like these have the
    share `exclusive` of all holders is enough. The whole must keep the share `kept` of the members and of the weight.
    """

    min_accounts: int = 3
    covered: float = 0.5
    inside: float = 0.6
    tighter: float = 0.8
    heap: float = 0.3
    part: float = 0.1
    marks: int = 2
    principal: float = 0.2
    exclusive: float = 0.7
    kept: float = 0.8


def form_groups(
    held: Incidence, found: Sequence[Ints], stars: Ints, public: Ints, settings: GroupSettings | None = None
) -> list[Group]:
    """Groups with some content in common, largest first.

    `found` are communities; `stars` are content values, each of whose holders are a seed unless a group that
    favours the value already has most of them. `public` are keys of public content, which join nobody.
    """
    s = settings or GroupSettings()
    groups = [settle(held, seed) for seed in found]
    groups = [g for g in groups if len(g) >= s.min_accounts]
    groups += _around_stars(held, groups, stars, s)
    groups = _distinct(groups, s)
    groups = _put_together(held, groups, public, s)
    groups = [g for g in groups if len(g) >= s.min_accounts and _has_content(held, g)]
    return _distinct(groups, s)


def _around_stars(held: Incidence, groups: Sequence[Group], stars: Ints, s: GroupSettings) -> list[Group]:
    """Groups settled from the holders of each star that is not covered yet."""
    covered = np.zeros(len(held.df))
    for group in groups:
        _cover(held, group, covered)
    out = []
    for value in stars:
        if covered[value] >= s.covered:
            continue
        holders = held.account_of[held.heads[value] : held.heads[value + 1]].astype(np.int64)
        group = settle(held, holders)
        covered[value] = 1.0
        if len(group) >= s.min_accounts:
            _cover(held, group, covered)
            out.append(group)
    return out


def _cover(held: Incidence, group: Group, covered: NDArray[np.float64]) -> None:
    """Note the share of each value's holders that stand in the group."""
    found, counts = np.unique(held.values_of(group.members)[0], return_counts=True)
    covered[found] = np.maximum(covered[found], counts / held.df[found])


def _has_content(held: Incidence, group: Group) -> bool:
    return bool(held.of_kind(*CONTENT)[group.favoured].any())


def _distinct(groups: Sequence[Group], s: GroupSettings) -> list[Group]:
    """Drop copies of a group, and heaps of which a good part stands in tighter groups."""
    ordered = sorted(groups, key=lambda g: (-g.tightness * np.log2(len(g) + 1), -len(g), int(g.members[0])))
    kept: list[Group] = []
    at: dict[int, list[int]] = {}
    for group in ordered:
        inside = [at.get(m, []) for m in group.members.tolist()]
        rivals, overlap = np.unique(np.array([k for ks in inside for k in ks], np.int64), return_counts=True)
        copied = any(
            n >= s.inside * len(group) and kept[int(k)].tightness >= s.tighter * group.tightness
            for k, n in zip(rivals, overlap, strict=True)
        )
        tight = {k for k in rivals.tolist() if len(kept[k]) >= s.part * len(group)}
        tight = {k for k in tight if kept[k].tightness >= group.tightness}
        taken = sum(not tight.isdisjoint(ks) for ks in inside)
        if copied or taken >= s.heap * len(group):
            continue
        for m in group.members.tolist():
            at.setdefault(m, []).append(len(kept))
        kept.append(group)
    return kept


def _put_together(held: Incidence, groups: Sequence[Group], public: Ints, s: GroupSettings) -> list[Group]:
    """Make two pieces one where they favour the same principal marks and the whole holds together as well."""
    pieces = dict(enumerate(groups))
    name = {i: i for i in pieces}
    for a, b in _similar(held, groups, public, s):
        left, right = name[a], name[b]
        if left == right:
            continue
        x, y = pieces[left], pieces[right]
        whole = settle(held, np.union1d(x.members, y.members))
        kept = min(np.isin(p.members, whole.members).mean() for p in (x, y))
        if kept < s.kept or whole.cohesion < s.kept * min(x.cohesion, y.cohesion):
            continue
        pieces[left] = whole
        del pieces[right]
        name = {i: left if at == right else at for i, at in name.items()}
    return list(pieces.values())


def _similar(
    held: Incidence, groups: Sequence[Group], public: Ints, s: GroupSettings
) -> list[tuple[int, int]]:
    """Pairs of groups with common principal marks in `marks` or more families, a private frame among them.

    A mark is principal where at least `principal` of the members hold it.
    """
    eligible = held.of_kind(*MARKS) & ~np.isin(held.key, public)
    owners, values = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i, group in enumerate(groups):
        found, counts = np.unique(held.values_of(group.members)[0], return_counts=True)
        main = found[counts >= s.principal * len(group)]
        main = main[eligible[main] & np.isin(main, group.favoured)]
        owners.append(np.full(len(main), i, np.int64))
        values.append(main)
    owner, value = np.concatenate(owners), np.concatenate(values)
    order = np.lexsort((owner, value))
    left, right, mark = _neighbours(owner[order], value[order])
    exclusive = _exclusive(held, groups, owner[order], value[order], s.exclusive)
    pair, at = np.unique(left * max(len(groups), 1) + right, return_inverse=True)
    flags = np.zeros((len(pair), 16), dtype=bool)
    flags[at, held.family[mark]] = True
    alone = np.zeros(len(pair), dtype=bool)
    alone[at[np.isin(mark, exclusive)]] = True
    good = flags[:, CONTENT_FAMILY] & (alone | (flags.sum(axis=1) >= s.marks))
    return [(int(p) // len(groups), int(p) % len(groups)) for p in pair[good]]


def _exclusive(held: Incidence, groups: Sequence[Group], owner: Ints, value: Ints, least: float) -> Ints:
    """Frames of which the groups that hold them as a principal mark have the share `least` of all holders."""
    found = []
    for v in np.unique(value[held.family[value] == CONTENT_FAMILY]):
        members = np.unique(np.concatenate([groups[int(g)].members for g in owner[value == v]]))
        holders = held.account_of[held.heads[v] : held.heads[v + 1]]
        if np.isin(holders, members).mean() >= least:
            found.append(int(v))
    return np.array(found, np.int64)


def _neighbours(owner: Ints, value: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs of different groups that share a value: every group with the first that holds it."""
    if len(value) == 0:
        return owner, owner, value
    fresh = np.ones(len(value), dtype=bool)
    fresh[1:] = value[1:] != value[:-1]
    first = owner[np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    other = first != owner
    return first[other], owner[other], value[other]
