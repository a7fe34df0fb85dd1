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
from stillwatch.attribute.measured.write import write_features
from stillwatch.model.engine import Tables

Ints = NDArray[np.int64]

OF_GROUPS = (
    "group_members",
    "group_values",
    "group_kinds",
    "group_flows",
    "group_exchanges",
    "group_features",
)
ABSORBED = 0.6  # share of its members in one finding that makes another a copy of it


def judge(t: Tables, hypotheses: Sequence[Hypothesis], settings: AssessSettings) -> dict[int, Assessment]:
    """Assessment of each group that stands, by its number; fills `group_features`.

    Groups that are not reported (a whole whose parts are, a copy) are taken out of the tables of groups.
    """
    write_features(t, without=settings.without)
    rows = t.query("SELECT group_id, feature, value, n FROM group_features ORDER BY group_id, feature")
    measured: dict[int, dict[str, tuple[float, int]]] = defaultdict(dict)
    for row in rows.to_pylist():
        measured[row["group_id"]][row["feature"]] = (row["value"], row["n"])
    members = _members(t)
    mixed = set(t.query("SELECT group_id FROM mixed_groups")["group_id"].to_pylist())
    picked = [g in mixed for g in members]
    every = assess_every([measured[g] for g in members], hypotheses, settings, picked=picked)
    found = dict(zip(members, every, strict=True))
    standing = _without_copies(_standing(t, found, settings), found, members)
    t.put("standing", pa.table({"group_id": pa.array(standing, pa.int64())}))
    for name in OF_GROUPS:
        t.define(name, f"SELECT g.* FROM {name} g JOIN standing s ON s.group_id = g.group_id")
    t.drop("standing")
    return {g: found[g] for g in standing}


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


def _standing(t: Tables, found: Mapping[int, Assessment], s: AssessSettings) -> list[int]:
    """Wholes, or their pieces where these differ: the accused must bear the verdict without the others, a crowd with
    facts of its own that speak for it is let go, and who is tied by content alone must take what looks like the
    harvest."""
    of = _pieces(t, found)
    inner = set(t.query("SELECT group_id FROM group_parts")["group_id"].to_pylist())
    out: list[int] = []
    for group in found:
        if group in inner:
            continue
        accused = found[group].verdict == "distillation"
        apart = [p for p in of.get(group, ()) if _differs(p, found[p.inside], s, accused=accused)]
        hides = [p for p in of.get(group, ()) if not accused and _hides(p, found)]
        apart = hides[:1] or apart
        if not apart:
            out.append(group)
        elif len(apart) == 1 and apart[0].others is not None:
            out += [apart[0].inside, apart[0].others]
        else:
            out += [p.inside for p in of[group]]
    return sorted(out)


def _differs(piece: _Piece, own: Assessment, s: AssessSettings, *, accused: bool) -> bool:
    """Whether a piece is to be judged apart from an accused or an innocent whole.

    What speaks for a crowd is a relation one can see; a piece of a few accounts often looks unrelated by itself.
    """
    if not accused:
        return piece.tied and own.verdict == "distillation"
    if not piece.tied:
        return not _bears(own, s)
    related = own.verdict == "innocent" and bool(own.best.requires)
    return related and own.weight < -s.family_bits * UNIT


def _hides(piece: _Piece, found: Mapping[int, Assessment]) -> bool:
    """Whether everybody but the piece would be accused, and the piece would not."""
    others = found[piece.others].verdict if piece.others is not None else ""
    return others == "distillation" and found[piece.inside].verdict != "distillation"


def _bears(rest: Assessment, s: AssessSettings) -> bool:
    """Whether what those tied by content alone take looks like the harvest, and no relation explains them better."""
    harvest = rest.purpose >= s.purpose_bits * UNIT and rest.families["content"][0] >= s.family_bits * UNIT
    return harvest and rest.verdict != "innocent"


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
