"""Every group gets its verdict: measurements read, hypotheses compared, parts held against their wholes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, assess
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
    found = {g: assess(measured[g], hypotheses, settings) for g in members}
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


@dataclass
class _Parts:
    """The tied part of a group and the rest, where both are in the tables."""

    tied: int | None = None
    rest: int | None = None


def _standing(t: Tables, found: Mapping[int, Assessment], s: AssessSettings) -> list[int]:
    """Wholes, or their parts where these differ: the accused must bear the verdict without the others, and who
    is tied by content alone must not look innocent by itself."""
    of: dict[int, _Parts] = defaultdict(_Parts)
    rows = t.query("SELECT group_id, parent, tied FROM group_parts ORDER BY group_id").to_pylist()
    for row in rows:
        if row["group_id"] in found:
            setattr(of[row["parent"]], "tied" if row["tied"] else "rest", row["group_id"])
    inner = {row["group_id"] for row in rows}
    out: list[int] = []
    for group in found:
        part = of.get(group)
        if group in inner:
            continue
        if part is None or part.tied is None or part.rest is None:
            out.append(group)
            continue
        accused = found[group].verdict == "distillation"
        apart = accused and not _bears(found[part.rest], s)
        apart |= not accused and found[part.tied].verdict == "distillation"
        out += [part.tied, part.rest] if apart else [group]
    return out


def _bears(rest: Assessment, s: AssessSettings) -> bool:
    """Whether what those tied by content alone take looks like the harvest, and no relation explains them better."""
    return rest.families["content"][0] >= s.family_bits * UNIT and rest.verdict != "innocent"


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
