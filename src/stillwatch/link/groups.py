"""Groups to examine: seeds settled into members, pieces of one group put together, copies dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group, settle
from stillwatch.model.kernels.components import components

Ints = NDArray[np.int64]

CONTENT = ("template", "system", "tools", "schema")
MARKS = (
    "signup_address", "client", "signup_client", "email_domain", "email_pattern", "phone", "end_user", "metadata",
    "signup_hour", "instrument", "neighbour", "issuer", "template", "system",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """`min_accounts` of a group; `same` Jaccard above which two groups are one; `marks` that two pieces
    must favour together, in as many families, to be tried as one."""

    min_accounts: int = 3
    same: float = 0.6
    marks: int = 2
    kept: float = 0.8


def form_groups(
    held: Incidence, found: Sequence[Ints], public: frozenset[int], settings: GroupSettings | None = None
) -> list[Group]:
    """Groups with some content in common, largest first.

    `found` are seeds; holders of content values that no seed covers are examined too, so that an innocent
    crowd gets its explanation. `public` are keys of public frames, which join nobody.
    """
    s = settings or GroupSettings()
    groups = [settle(held, seed) for seed in found]
    groups += [settle(held, seed) for seed in _uncovered(held, groups, s)]
    groups = _distinct([g for g in groups if len(g) >= s.min_accounts], s)
    groups = _put_together(held, groups, public, s)
    groups = [g for g in groups if len(g) >= s.min_accounts and _has_content(held, g)]
    return _distinct(groups, s)


def _has_content(held: Incidence, group: Group) -> bool:
    return bool(held.of_kind(*CONTENT)[group.favoured].any())


def _uncovered(held: Incidence, groups: Sequence[Group], s: GroupSettings) -> list[Ints]:
    """Holders of each content value of which less than half stand in one group that favours it."""
    covered = np.zeros(len(held.df))
    for group in groups:
        values, _ = held.values_of(group.members)
        found, counts = np.unique(values, return_counts=True)
        covered[found] = np.maximum(covered[found], counts / held.df[found])
    content = held.of_kind(*CONTENT) & (held.df >= max(s.min_accounts, 5)) & (held.df <= held.n // 4)
    seeds = []
    for value in np.flatnonzero(content & (covered < 0.5)):
        seeds.append(held.account_of[held.heads[value] : held.heads[value + 1]].astype(np.int64))
    return seeds


def _distinct(groups: Sequence[Group], s: GroupSettings) -> list[Group]:
    """Drop groups that are nearly the same as a larger (then surer) one."""
    ordered = sorted(groups, key=lambda g: (-len(g), -float(g.log_odds.sum()), int(g.members[0])))
    kept: list[Group] = []
    at: dict[int, list[int]] = {}
    for group in ordered:
        rivals, overlap = np.unique(
            np.array([k for m in group.members.tolist() for k in at.get(m, ())], np.int64), return_counts=True
        )
        union = np.array([len(kept[int(k)]) for k in rivals]) + len(group) - overlap
        if len(rivals) and (overlap / union).max() >= s.same:
            continue
        for m in group.members.tolist():
            at.setdefault(m, []).append(len(kept))
        kept.append(group)
    return kept


def _put_together(
    held: Incidence, groups: Sequence[Group], public: frozenset[int], s: GroupSettings
) -> list[Group]:
    """Try pieces that favour the same marks in two or more families as one group."""
    left, right = _similar(held, groups, public, s)
    root = components(len(groups), left, right)
    out: list[Group] = []
    for label in np.unique(root):
        pieces = [groups[int(i)] for i in np.flatnonzero(root == label)]
        if len(pieces) == 1:
            out.append(pieces[0])
            continue
        whole = settle(held, np.unique(np.concatenate([p.members for p in pieces])))
        lost = [p for p in pieces if np.isin(p.members, whole.members).mean() < s.kept]
        out += [whole, *lost] if len(whole) >= s.min_accounts else pieces
    return out


def _similar(
    held: Incidence, groups: Sequence[Group], public: frozenset[int], s: GroupSettings
) -> tuple[Ints, Ints]:
    """Pairs of groups that favour common marks in `marks` or more families, one of them a private frame."""
    marks = held.of_kind(*MARKS) & ~np.isin(held.key, np.fromiter(public, np.int64, len(public)))
    owner = np.concatenate(
        [np.full(len(g.favoured), i) for i, g in enumerate(groups)] or [np.empty(0, np.int64)]
    )
    value = np.concatenate([g.favoured for g in groups] or [np.empty(0, np.int64)])
    keep = marks[value.astype(np.int64)] if len(value) else np.empty(0, bool)
    owner, value = owner[keep].astype(np.int64), value[keep].astype(np.int64)
    order = np.lexsort((owner, value))
    owner, value = owner[order], value[order]
    left, right, family = _neighbours(owner, value, held.family)
    pair, at = np.unique(left * max(len(groups), 1) + right, return_inverse=True)
    flags = np.zeros((len(pair), 16), dtype=bool)
    flags[at, family] = True
    content = flags[:, 5]
    good = (flags.sum(axis=1) >= s.marks) & content
    return pair[good] // max(len(groups), 1), pair[good] % max(len(groups), 1)


def _neighbours(owner: Ints, value: Ints, family: NDArray[np.int16]) -> tuple[Ints, Ints, Ints]:
    """Pairs of different groups among the holders of each value (every group with the first that holds it)."""
    fresh = np.ones(len(value), dtype=bool)
    fresh[1:] = value[1:] != value[:-1]
    first = owner[np.flatnonzero(fresh)][np.cumsum(fresh) - 1] if len(value) else owner
    other = first != owner
    return first[other], owner[other], family[value[other]].astype(np.int64)
