"""Pieces of one group put together: two at a time, by the marks that they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group, described, settle
from stillwatch.model.ahead import ahead
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.belonging import among

Ints = NDArray[np.int64]

CONTENT_FAMILY = FAMILIES.index("content") + 1
FACTS = tuple(FAMILIES.index(name) + 1 for name in ("identity", "network", "payment"))
MARKS = (
    "signup_address", "client", "signup_client", "email_domain", "email_pattern", "phone", "end_user", "metadata",
    "signup_hour", "instrument", "neighbour", "issuer", "template", "system", "wording",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WholeSettings:
    """Two pieces are tried as one if they have a private frame and marks of `marks` families in common, each held by
    the share `principal` of both; a frame of which groups like these have the share `exclusive` of all holders is
    enough. So are marks of which the two have that share, in `marks` families of facts about accounts, whatever the
    pieces send. The whole must keep the share `kept` of the members and of the weight.
    """

    marks: int = 2
    principal: float = 0.2
    exclusive: float = 0.7
    kept: float = 0.8


@dataclass(frozen=True, slots=True)
class _Pair:
    """Numbers of two groups, the pieces that they are part of, and whether these are known not to go together."""

    a: int
    b: int
    x: Group
    y: Group
    alike: bool
    apart: bool


def put_together(
    held: Incidence,
    groups: Sequence[Group],
    public: Ints,
    settings: WholeSettings | None = None,
    *,
    threads: int = 1,
) -> list[Group]:
    """Make two pieces one where they favour the same principal marks and the whole holds together as well.

    Pieces of one pool that send different things stay whole: settling would keep to what most of them send. What did
    not go together is not tried again until one of the two has grown. Pairs are tried ahead, and once more where one of
    the two has grown meanwhile. `public` are keys of public content, which join nobody.
    """
    s = settings or WholeSettings()
    pieces = dict(enumerate(groups))
    apart: set[tuple[int, int, bool]] = set()
    name = {i: i for i in pieces}

    def pairs() -> Iterator[_Pair]:
        for a, b, alike in _similar(held, groups, public, s):
            left, right = name[a], name[b]
            if left != right:
                yield _Pair(a, b, pieces[left], pieces[right], alike, (left, right, alike) in apart)

    def tried(pair: _Pair) -> tuple[_Pair, Group | None]:
        return pair, None if pair.apart else _whole(held, pair.x, pair.y, pair.alike)

    for pair, whole in ahead(tried, pairs(), threads=threads):
        left, right, alike = name[pair.a], name[pair.b], pair.alike
        if left == right or (left, right, alike) in apart:
            continue
        x, y = pieces[left], pieces[right]
        if whole is None or x is not pair.x or y is not pair.y:
            whole = _whole(held, x, y, alike)
        inside = np.zeros(held.n, dtype=bool)
        inside[whole.members] = True
        kept = min(inside[p.members].mean() for p in (x, y))
        if kept < s.kept or whole.cohesion < s.kept * min(x.cohesion, y.cohesion):
            apart |= {(left, right, alike), (right, left, alike)}
            continue
        pieces[left] = whole
        del pieces[right]
        apart = {known for known in apart if left not in known[:2]}
        name = {i: left if at == right else at for i, at in name.items()}
    return list(pieces.values())


def _whole(held: Incidence, x: Group, y: Group, alike: bool) -> Group:
    both = np.union1d(x.members, y.members)
    return settle(held, both) if alike else described(held, both)


def _similar(
    held: Incidence, groups: Sequence[Group], public: Ints, s: WholeSettings
) -> list[tuple[int, int, bool]]:
    """Pairs of groups with common principal marks in `marks` or more families, and whether a private frame is among
    them; the pairs with one come first.

    A mark is principal where at least `principal` of the members hold it.
    """
    eligible = held.of_kind(*MARKS) & ~np.isin(held.key, public)
    owners, values = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i, group in enumerate(groups):
        main, _ = held.counted(group.members, ceil(s.principal * len(group)))
        main = main[eligible[main] & np.isin(main, group.favoured)]
        owners.append(np.full(len(main), i, np.int64))
        values.append(main)
    owner, value = np.concatenate(owners), np.concatenate(values)
    order = np.lexsort((owner, value))
    left, right, mark = _neighbours(owner[order], value[order])
    exclusive = _exclusive(held, groups, owner[order], value[order], s.exclusive)
    pair, at = np.unique(left * max(len(groups), 1) + right, return_inverse=True)
    flags = np.zeros((len(pair), len(FAMILIES) + 1), dtype=bool)
    flags[at, held.family[mark]] = True
    alone = np.zeros(len(pair), dtype=bool)
    alone[at[np.isin(mark, exclusive)]] = True
    alike = flags[:, CONTENT_FAMILY] & (alone | (flags.sum(axis=1) >= s.marks))
    pairs = [(int(p) // len(groups), int(p) % len(groups)) for p in pair]
    pooled = [
        i
        for i in np.flatnonzero(~alike & (flags[:, FACTS].sum(axis=1) >= s.marks))
        if _pooled(held, [groups[g].members for g in pairs[i]], mark[at == i], s)
    ]
    return [(*pairs[i], bool(alike[i])) for i in [*np.flatnonzero(alike), *pooled]]


def _exclusive(held: Incidence, groups: Sequence[Group], owner: Ints, value: Ints, least: float) -> Ints:
    """Frames of which the groups that hold them as a principal mark have the share `least` of all holders."""
    frame = held.family[value] == CONTENT_FAMILY
    frames, first = np.unique(value[frame], return_index=True)
    by = np.split(owner[frame], first[1:]) if len(frames) else []
    held_by = {
        int(v): np.concatenate([groups[int(g)].members for g in own])
        for v, own in zip(frames, by, strict=True)
    }
    return np.array([v for v, m in held_by.items() if _within(held, v, m) >= least], np.int64)


def _pooled(held: Incidence, pieces: Sequence[Ints], marks: Ints, s: WholeSettings) -> bool:
    """Whether almost nobody else holds their common marks, in `marks` families of facts about accounts."""
    members = np.concatenate(pieces)
    facts = marks[np.isin(held.family[marks], FACTS)]
    own = [v for v in facts if _within(held, v, members) >= s.exclusive]
    return len(np.unique(held.family[own])) >= s.marks


def _within(held: Incidence, value: int, members: Ints) -> float:
    """Share of a value's holders among the members."""
    return among(held.account_of[held.heads[value] : held.heads[value + 1]], members, held.n)


def _neighbours(owner: Ints, value: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs of different groups that share a value: every group with the first that holds it."""
    if len(value) == 0:
        return owner, owner, value
    fresh = np.ones(len(value), dtype=bool)
    fresh[1:] = value[1:] != value[:-1]
    first = owner[np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    other = first != owner
    return first[other], owner[other], value[other]
