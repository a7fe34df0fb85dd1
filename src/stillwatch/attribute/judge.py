"""Every group gets its verdict: measurements read, hypotheses compared, parts held against their wholes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, assess_every
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.attribute.measured.write import Rhythms, write_features
from stillwatch.model.engine import Tables

Ints = NDArray[np.int64]

OF_GROUPS = (
    "group_members",
    "group_values",
    "group_kinds",
    "group_flows",
    "group_exchanges",
    "group_features",
    "mixed_groups",
)
ABSORBED = 0.6  # share of its members in one finding that makes another a copy of it


def assessed(
    t: Tables,
    rhythms: Rhythms,
    hypotheses: Sequence[Hypothesis],
    settings: AssessSettings,
    *,
    threads: int = 1,
) -> dict[int, Assessment]:
    """Assessment of each group in the tables of groups, by its number; fills `group_features`."""
    write_features(t, rhythms, without=settings.without, threads=threads)
    rows = t.query("SELECT group_id, feature, value, n FROM group_features ORDER BY group_id, feature")
    measured: dict[int, dict[str, tuple[float, int]]] = defaultdict(dict)
    for row in rows.to_pylist():
        measured[row["group_id"]][row["feature"]] = (row["value"], row["n"])
    groups = list(_members(t))
    mixed = set(t.query("SELECT group_id FROM mixed_groups")["group_id"].to_pylist())
    picked = [g in mixed for g in groups]
    every = assess_every([measured[g] for g in groups], hypotheses, settings, picked=picked)
    return dict(zip(groups, every, strict=True))


def judge(
    t: Tables,
    found: Mapping[int, Assessment],
    settings: AssessSettings,
    rests: Mapping[int, int] | None = None,
) -> dict[int, Assessment]:
    """Those of the assessed groups that stand; `rests` says of a group which other is what `rests_of` left of it.

    Groups that are not reported (a whole whose parts are, a copy) are taken out of the tables of groups.
    """
    standing = _without_copies(_standing(t, found, settings, rests or {}), found, _members(t))
    keep_groups(t, standing)
    return {g: found[g] for g in standing}


def rests_of(t: Tables, found: Mapping[int, Assessment], settings: AssessSettings) -> dict[int, Ints]:
    """Of each accused group in which two crowds or more are to be judged apart, the ids of its other members, where
    these are of two pieces or more and were not measured together."""
    members, out = _members(t), {}
    for group, pieces in _pieces(t, found).items():
        apart = _apart(found[group], pieces, found, settings)
        left = [members[p.inside] for p in pieces if p not in apart]
        if found[group].verdict == "distillation" and len(apart) > 1 and len(left) > 1:
            out[group] = np.intersect1d(np.concatenate(left), members[group])
    return out


def keep_groups(t: Tables, groups: Sequence[int]) -> None:
    """Take all other groups out of the tables of groups."""
    t.put("standing", pa.table({"group_id": pa.array(groups, pa.int64())}))
    for name in OF_GROUPS:
        t.define(name, f"SELECT g.* FROM {name} g JOIN standing s ON s.group_id = g.group_id")
    t.drop("standing")


def is_copy(members: Ints, other: Ints) -> bool:
    """Whether most of the members are in another group, so that their own says nothing new."""
    return bool(np.isin(members, other).sum() >= ABSORBED * len(members))


def _members(t: Tables) -> dict[int, Ints]:
    rows = t.numpy("SELECT group_id, account_id FROM group_members ORDER BY group_id, account_id")
    groups, accounts = np.asarray(rows["group_id"], np.int64), np.asarray(rows["account_id"], np.int64)
    ids, first = np.unique(groups, return_index=True)
    return dict(zip(ids.tolist(), np.split(accounts, first[1:]), strict=True)) if len(ids) else {}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a group: the group of its members, whether facts tie them, and the group of everybody else."""

    inside: int
    tied: bool
    others: int | None


def _pieces(t: Tables, found: Mapping[int, Assessment]) -> dict[int, list[_Piece]]:
    """Pieces of each group that has any; of two pieces each is all the others of the other."""
    rows = t.query("SELECT * FROM group_parts ORDER BY parent, piece, group_id").to_pylist()
    inside, outside = (
        {(r["parent"], r["piece"]): r for r in rows if r["inside"] == side} for side in (True, False)
    )
    out: dict[int, list[_Piece]] = defaultdict(list)
    for (parent, piece), row in inside.items():
        other = outside.get((parent, piece)) or inside.get((parent, 1 - piece))
        group = other["group_id"] if other else None
        if row["group_id"] in found:
            out[parent].append(_Piece(row["group_id"], row["tied"], group if group in found else None))
    return {parent: pieces for parent, pieces in out.items() if len(pieces) > 1}


def _standing(
    t: Tables, found: Mapping[int, Assessment], s: AssessSettings, rests: Mapping[int, int]
) -> list[int]:
    """Wholes, or their pieces where these differ: the accused must bear the verdict without the others, a crowd with
    facts of its own that speak for it is let go, and who is tied by content alone must take what looks like the
    harvest."""
    of = _pieces(t, found)
    inner = set(t.query("SELECT group_id FROM group_parts")["group_id"].to_pylist())
    return sorted(
        stands
        for group in found
        if group not in inner and group not in rests.values()
        for stands in _resolved(group, of.get(group, ()), found, s, rests.get(group))
    )


def _resolved(
    group: int,
    pieces: Sequence[_Piece],
    found: Mapping[int, Assessment],
    s: AssessSettings,
    rest: int | None,
) -> list[int]:
    """The group, or its pieces where one is to be judged apart, or one piece and the others where that is enough, or
    those apart and the accused rest."""
    apart = _apart(found[group], pieces, found, s)
    if not apart:
        return [group]
    if rest is not None and found[rest].verdict == "distillation":
        return [rest, *(p.inside for p in apart)]
    others = apart[0].others
    if len(apart) == 1 and others is not None and _suffices(found[others], pieces, found, s):
        return [apart[0].inside, others]
    return [p.inside for p in pieces]


def _apart(
    whole: Assessment, pieces: Sequence[_Piece], found: Mapping[int, Assessment], s: AssessSettings
) -> list[_Piece]:
    """Pieces that are to be judged apart from the whole."""
    related = _crowds(pieces, found, s)
    if whole.verdict == "distillation":
        return [*related, *(p for p in pieces if not p.tied and not _bears(found[p.inside], s))]
    own = [p for p in pieces if p.tied and found[p.inside].verdict == "distillation"]
    return related or [p for p in pieces if _hides(p, found)][:1] or own


def _suffices(
    others: Assessment, pieces: Sequence[_Piece], found: Mapping[int, Assessment], s: AssessSettings
) -> bool:
    """Whether those beside the one piece that is judged apart stand as they are."""
    return others.verdict == "distillation" or not _crowds(pieces, found, s)


def _crowds(pieces: Sequence[_Piece], found: Mapping[int, Assessment], s: AssessSettings) -> list[_Piece]:
    """Pieces that a relation explains, of groups whose others weigh for a harvest."""
    return [p for p in pieces if p.tied and _related(found[p.inside], s) and _open(p, found)]


def _related(own: Assessment, s: AssessSettings) -> bool:
    """Whether a relation that one can see speaks for a crowd; a few accounts often look unrelated by themselves, and
    what pools of one campaign rent looks like somebody's exit."""
    visible = own.related and not own.best.joint
    return own.verdict == "innocent" and visible and own.weight < -s.family_bits * UNIT


def _open(piece: _Piece, found: Mapping[int, Assessment]) -> bool:
    """Whether the others of a piece weigh for a harvest."""
    return piece.others is None or found[piece.others].weight > 0


def _hides(piece: _Piece, found: Mapping[int, Assessment]) -> bool:
    """Whether everybody but the piece would be accused, and the piece would not."""
    others = found[piece.others].verdict if piece.others is not None else ""
    return others == "distillation" and found[piece.inside].verdict != "distillation"


def _bears(rest: Assessment, s: AssessSettings) -> bool:
    """Whether what those tied by content alone take looks like the harvest, no relation explains them better, and the
    weight is not the others' alone."""
    harvest = rest.purpose >= s.purpose_bits * UNIT and rest.families["content"][0] >= s.family_bits * UNIT
    return harvest and rest.verdict != "innocent" and rest.weight >= s.alone_bits * UNIT


def _without_copies(
    standing: Sequence[int], found: Mapping[int, Assessment], members: Mapping[int, Ints]
) -> list[int]:
    """Findings without those most of whose members stand in one named before: the accused first, then by size."""
    order = {"distillation": 0, "coordinated_other": 1, "innocent": 2}
    ranked = sorted(standing, key=lambda g: (order[found[g].verdict], -len(members[g]), g))
    kept: list[int] = []
    at: dict[int, list[int]] = defaultdict(list)
    for group in ranked:
        inside = [k for m in members[group].tolist() for k in at[m]]
        if inside and np.unique(inside, return_counts=True)[1].max() >= ABSORBED * len(members[group]):
            continue
        kept.append(group)
        for m in members[group].tolist():
            at[m].append(group)
    return sorted(kept)
