"""Linking and judging: groups found, assessed, and once more where pieces of one pool belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.app.resources import hypotheses
from stillwatch.app.stages import reference_keys
from stillwatch.attribute.assess import Assessment, AssessSettings, calibrated
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.judge import OF_GROUPS, assessed, judge, keep_groups
from stillwatch.attribute.pieces import may_be_pieces
from stillwatch.link.communities import communities, content_stars
from stillwatch.link.demix import demix
from stillwatch.link.flows import write_flows
from stillwatch.link.groups import form_groups
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import Group
from stillwatch.link.pairs import validated_pairs
from stillwatch.link.report import with_parts, write_links, write_members, write_values
from stillwatch.link.stars import is_star, validated_stars
from stillwatch.link.unions import unions, united
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.store.duck import DuckTables

Ints = NDArray[np.int64]

SET_ASIDE = "first_"


@dataclass(frozen=True, slots=True)
class AccusedSettings:
    """A member of an accused group is accused with it if the log-odds of belonging are at least `least_bits` (4 to 1)
    and the share of its requests that are the harvest's is at least `least_part` of the median member's. A group of
    which fewer than `least_members` would be left stays as it is."""

    least_bits: float = 2.0
    least_part: float = 0.05
    least_members: int = 3


def link(t: DuckTables, key: HashKey) -> Incidence:
    """Tables `links`, `group_members`, `group_values`, `group_kinds`, `group_flows`, `group_exchanges`."""
    held = read_incidence(t)
    pairs = validated_pairs(t, held)
    stars = validated_stars(held)
    frames = t.numpy("SELECT template_id FROM templates WHERE public")["template_id"]
    public = np.concatenate([np.asarray(frames, np.int64), np.array(sorted(reference_keys(key)), np.int64)])
    around = content_stars(held, is_star(held, stars), public)
    groups = with_parts(t, held, form_groups(held, communities(held, pairs), around, public))
    write_links(t, held, pairs, stars)
    _write_groups(t, held, groups)
    return held


def _write_groups(t: Tables, held: Incidence, groups: Sequence[Group]) -> None:
    write_members(t, held, groups)
    write_values(t, held, groups)
    write_flows(t, held, groups)
    demix(t)
    _keep_those_who_take_part(t)


def _keep_those_who_take_part(t: Tables) -> None:
    """Leave out members without a demixed exchange, in groups that have any; and members who are permitted to
    distil, in groups where most are not: their relation is declared, the others' is not."""
    t.define(
        "group_members",
        """
        SELECT m.* FROM group_members m
        LEFT JOIN (SELECT DISTINCT group_id, account_id FROM group_exchanges) x
          ON x.group_id = m.group_id AND x.account_id = m.account_id
        LEFT JOIN (SELECT DISTINCT group_id FROM group_exchanges) g ON g.group_id = m.group_id
        LEFT JOIN facts f ON f.account_id = m.account_id
        LEFT JOIN (SELECT q.group_id, avg(CASE WHEN p.declared % 32 >= 16 THEN 1.0 ELSE 0.0 END) AS permitted
                   FROM group_members q LEFT JOIN facts p ON p.account_id = q.account_id
                   GROUP BY q.group_id) s ON s.group_id = m.group_id
        WHERE (x.account_id IS NOT NULL OR g.group_id IS NULL)
          AND (coalesce(f.declared, 0) % 32 < 16 OR s.permitted >= 0.5)
        """,
    )


def attribute(
    t: DuckTables, held: Incidence, settings: AssessSettings, curve: Curve | None, *, apart: bool = False
) -> dict[int, Assessment]:
    """Assessment of each group that stands, its probabilities calibrated by the curve if there is one; with `apart`
    pieces of one pool are left as they were found."""
    known = hypotheses()
    found, kin = judge(t, assessed(t, known, settings), settings)
    if not apart:
        found = _put_together(t, held, found, kin, settings)
        _keep_the_likely(t, [g for g, a in found.items() if a.verdict == "distillation"])
    return {g: calibrated(a, known, curve) for g, a in found.items()} if curve else found


def _put_together(
    t: DuckTables,
    held: Incidence,
    found: Mapping[int, Assessment],
    kin: Sequence[Sequence[int]],
    settings: AssessSettings,
) -> dict[int, Assessment]:
    """The findings, pieces of one pool as one where the whole is accused: the widest whole that is."""
    sure = {g: a.verdict == "distillation" for g, a in found.items()}
    members = _members(t, held)
    tied: list[list[int]] = []
    for pieces in may_be_pieces(found):
        known = [[pieces.index(g) for g in own if g in pieces] for own in kin]
        found_here = [[pieces[i] for i in own] for own in unions(held, [members[g] for g in pieces], known)]
        tied += [own for own in found_here if own not in tied]
    if not tied:
        return dict(found)
    first = max(found) + 1
    _set_aside(t)
    _write_groups(t, held, [united(held, [members[g] for g in own], [sure[g] for g in own]) for own in tied])
    whole = assessed(t, hypotheses(), settings)
    _bring_back(t, first)
    every = dict(found)
    for i, own in enumerate(tied):
        if i in whole and whole[i].verdict == "distillation" and set(own) <= set(every):
            every = {g: a for g, a in every.items() if g not in own}
            every[first + i] = whole[i]
    keep_groups(t, sorted(every))
    return every


def _keep_the_likely(t: Tables, accused: Sequence[int], s: AccusedSettings | None = None) -> None:
    """Leave out of accused groups who is not surely a member, or hardly takes part: the group may bear the verdict,
    this account does not (decision 0013, 6)."""
    s = s or AccusedSettings()
    t.put("accused", pa.table({"group_id": pa.array(accused, pa.int64())}))
    t.define(
        "part_taken",
        """
        WITH own AS (
            SELECT x.group_id, x.account_id, count(*) AS n FROM group_exchanges x
            JOIN accused a ON a.group_id = x.group_id GROUP BY x.group_id, x.account_id
        ), whole AS (
            SELECT k.account_id, count(*) AS n FROM keys k
            JOIN (SELECT DISTINCT account_id FROM own) o ON o.account_id = k.account_id GROUP BY k.account_id
        )
        SELECT o.group_id, o.account_id, o.n * 1.0 / w.n AS share,
               median(o.n * 1.0 / w.n) OVER (PARTITION BY o.group_id) AS usual
        FROM own o JOIN whole w ON w.account_id = o.account_id
        """,
    )
    t.define(
        "doubtful",
        f"""
        SELECT m.group_id, m.account_id FROM group_members m JOIN accused a ON a.group_id = m.group_id
        LEFT JOIN part_taken p ON p.group_id = m.group_id AND p.account_id = m.account_id
        WHERE m.log_odds < {s.least_bits} OR coalesce(p.share < {s.least_part} * p.usual, FALSE)
        """,
    )
    t.define(
        "unlikely",
        f"""
        SELECT d.group_id, d.account_id FROM doubtful d
        JOIN (SELECT m.group_id, sum(CASE WHEN d.account_id IS NULL THEN 1 ELSE 0 END) AS sure FROM group_members m
              LEFT JOIN doubtful d ON d.group_id = m.group_id AND d.account_id = m.account_id
              GROUP BY m.group_id) n ON n.group_id = d.group_id
        WHERE n.sure >= {s.least_members}
        """,
    )
    for name in ("group_members", "group_exchanges"):
        t.define(
            name,
            f"""
            SELECT g.* FROM {name} g
            LEFT JOIN unlikely u ON u.group_id = g.group_id AND u.account_id = g.account_id
            WHERE u.account_id IS NULL
            """,
        )
    for name in ("unlikely", "doubtful", "part_taken", "accused"):
        t.drop(name)


def _set_aside(t: Tables) -> None:
    """Keep the tables of groups under other names."""
    for name in OF_GROUPS:
        t.define(SET_ASIDE + name, f"SELECT * FROM {name}")


def _bring_back(t: Tables, first: int) -> None:
    """The tables of groups that were set aside, and behind them those there are now, numbered from `first`."""
    for name in OF_GROUPS:
        rest = "".join(f", {c}" for c in t.columns(name) if c != "group_id")
        t.define(
            name,
            f"""
            SELECT group_id{rest} FROM {SET_ASIDE}{name}
            UNION ALL SELECT group_id + {first} AS group_id{rest} FROM {name}
            """,
        )
        t.drop(SET_ASIDE + name)


def _members(t: DuckTables, held: Incidence) -> dict[int, Ints]:
    """Account codes of the members of each group, sorted."""
    rows = t.numpy("SELECT group_id, account_id FROM group_members ORDER BY group_id, account_id")
    code = np.searchsorted(held.accounts, np.asarray(rows["account_id"])).astype(np.int64)
    ids, heads = np.unique(np.asarray(rows["group_id"]), return_index=True)
    return dict(zip(ids.tolist(), np.split(code, heads[1:]), strict=True)) if len(ids) else {}
