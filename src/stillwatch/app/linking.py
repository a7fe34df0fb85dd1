"""Linking and judging: groups found, assessed, and once more where pieces of one pool belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.app.resources import hypotheses
from stillwatch.app.stages import reference_keys
from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, Joined, Shared, calibrated
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.doubtful import AccusedSettings, doubtful
from stillwatch.attribute.joining import JoinSettings, joining, may_join
from stillwatch.attribute.judge import OF_GROUPS, assessed, judge, keep_groups
from stillwatch.attribute.measured.write import Rhythms, read_rhythms
from stillwatch.attribute.pieces import PieceSettings, holds, lead, may_be_pieces
from stillwatch.link.communities import communities, content_stars
from stillwatch.link.demix import demix
from stillwatch.link.flows import write_flows
from stillwatch.link.groups import form_groups
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import Group
from stillwatch.link.pairs import validated_pairs
from stillwatch.link.repertoire import strangers
from stillwatch.link.report import with_parts, write_links, write_members, write_values
from stillwatch.link.stars import is_star, validated_stars
from stillwatch.link.ties import Piece, Ties
from stillwatch.link.unions import unions, united, without_some
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.hashing import HashKey

Ints = NDArray[np.int64]

SET_ASIDE = "first_"


def link(t: Tables, key: HashKey, *, threads: int = 1) -> Incidence:
    """Tables `links`, `group_members`, `group_values`, `group_kinds`, `group_flows`, `group_exchanges`."""
    held = read_incidence(t, threads=threads)
    pairs = validated_pairs(held, threads=threads)
    stars = validated_stars(held, threads=threads)
    frames = t.numpy("SELECT template_id FROM templates WHERE public")["template_id"]
    public = np.concatenate([np.asarray(frames, np.int64), np.array(sorted(reference_keys(key)), np.int64)])
    around = content_stars(held, is_star(held, stars), public)
    groups = form_groups(held, communities(held, pairs), around, public, threads=threads)
    groups = with_parts(t, held, groups, threads=threads)
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
    t: Tables, held: Incidence, settings: AssessSettings, curve: Curve | None, *, apart: bool = False
) -> dict[int, Assessment]:
    """Assessment of each group that stands, its probabilities calibrated by the curve if there is one; with `apart`
    pieces of one pool are left as they were found."""
    known, rhythms = hypotheses(), read_rhythms(t)
    found = judge(t, assessed(t, rhythms, known, settings), settings)
    if not apart:
        ties = Ties(held, _public(t))
        found = _put_together(t, held, ties, rhythms, found, settings)
        found = _only_the_sure(t, held, rhythms, found, settings)
        found = _with_who_is_tied(t, held, ties, rhythms, found, settings)
    return {g: calibrated(a, known, curve) for g, a in found.items()} if curve else found


def _put_together(
    t: Tables,
    held: Incidence,
    ties: Ties,
    rhythms: Rhythms,
    found: Mapping[int, Assessment],
    settings: AssessSettings,
) -> dict[int, Assessment]:
    """The findings, pieces of one pool as one where the whole is accused: the widest whole that is. What the widest
    ones were put together from is looked at only where these are not."""
    s = PieceSettings()
    sure = {g: a.verdict == "distillation" for g, a in found.items()}
    members = _members(t, held)
    tied: list[list[int]] = []
    widest: list[list[int]] = []
    for pieces in may_be_pieces(found, s):
        together = [[pieces[i] for i in at] for at in unions([members[g] for g in pieces], ties)]
        tied += [own for own in together if own not in tied and lead(own, found, settings)]
        widest = widest or _outermost(tied)
    every = dict(found)
    for tried in (widest, [own for own in tied if own not in widest]):
        left = [own for own in tried if set(own) <= set(every)]
        if not left:
            continue
        first = max(every) + 1
        wholes = [united(held, [members[g] for g in own], [sure[g] for g in own]) for own in left]
        whole = _assessed_behind(t, held, rhythms, wholes, first, settings)
        for i, own in enumerate(left, first):
            if i in whole and holds(whole[i], own, found, s) and set(own) <= set(every):
                every = {g: a for g, a in every.items() if g not in own}
                every[i] = whole[i]
        keep_groups(t, sorted(every))
    return every


def _outermost(sets: Sequence[Sequence[int]]) -> list[list[int]]:
    """Those that are part of no other."""
    return [list(own) for own in sets if not any(set(own) < set(other) for other in sets)]


def _only_the_sure(
    t: Tables, held: Incidence, rhythms: Rhythms, found: Mapping[int, Assessment], settings: AssessSettings
) -> dict[int, Assessment]:
    """The findings, accused groups without their doubtful members: who is left has to bear the verdict alone, with a
    bit of slack in each family, or a family that had just been strong would undo the group that it helped to find.
    Groups of a few are not accused."""
    s = AccusedSettings()
    accused = [g for g, a in found.items() if a.verdict == "distillation"]
    if not accused:
        return dict(found)
    members = _members(t, held)
    left = _without_doubtful(t, held, members, accused)
    left = {g: m for g, m in left.items() if len(m) < max(len(members[g]), s.least_members)}
    if not left:
        return dict(found)
    again = [g for g, own in left.items() if len(own) >= s.least_members]
    first = max(found) + 1
    rests = without_some(t, held, {g: left[g] for g in again})
    slack = replace(
        settings,
        family_bits=settings.family_bits - s.slack_bits,
        threshold_bits=settings.threshold_bits - 2 * s.slack_bits,
    )
    rest = _assessed_behind(t, held, rhythms, rests, first, slack)
    every = {g: replace(a, verdict="coordinated_other") if g in left else a for g, a in found.items()}
    for i, g in enumerate(again, first):
        if i in rest:
            del every[g]
            every[i] = rest[i]
    keep_groups(t, sorted(every))
    return every


def _with_who_is_tied(
    t: Tables,
    held: Incidence,
    ties: Ties,
    rhythms: Rhythms,
    found: Mapping[int, Assessment],
    settings: AssessSettings,
) -> dict[int, Assessment]:
    """The findings, accused groups with those that are surely tied to them but not sure by themselves. Verdict and
    measurements stay those of the accounts that bore them without the others."""
    s = JoinSettings()
    leads = [g for g, a in found.items() if a.verdict == "distillation"]
    asking = may_join(found, s) if leads else []
    if not asking:
        return dict(found)
    members = _members(t, held)
    pieces = {g: ties.piece(members[g]) for g in (*leads, *asking)}
    bits = np.stack([ties.to(pieces[g], [pieces[lead] for lead in leads]) for g in asking])
    joined = joining(asking, leads, bits, found, settings, s)
    left = _without_doubtful(t, held, members, [g for own in joined.values() for g in own])
    first = max(found) + 1
    joined = {lead: [g for g in own if len(left[g]) >= s.least_members] for lead, own in joined.items()}
    joined = {lead: own for lead, own in joined.items() if own}
    wholes = [
        united(held, [members[lead], *(left[g] for g in own)], [True] * (len(own) + 1))
        for lead, own in joined.items()
    ]
    written = _assessed_behind(t, held, rhythms, wholes, first, settings)
    every = dict(found)
    borne: dict[int, int] = {}
    for whole, (core, own) in enumerate(joined.items(), first):
        if whole not in written:
            continue
        why = tuple(
            Joined(tuple(held.accounts[left[g]].tolist()), found[g].low, _shared(ties, left[g], pieces[core]))
            for g in own
        )
        every = {g: a for g, a in every.items() if g not in (core, *own)}
        every[whole] = replace(found[core], joined=why)
        borne[whole] = core
    _measured_as(t, borne)
    keep_groups(t, sorted(every))
    return every


def _shared(ties: Ties, members: Ints, lead: Piece) -> tuple[Shared, ...]:
    found = ties.why(ties.piece(members), lead)
    return tuple(Shared(tie.kind, tie.shared, tie.expected, round(tie.bits * UNIT)) for tie in found)


def _without_doubtful(
    t: Tables, held: Incidence, members: Mapping[int, Ints], groups: Sequence[int]
) -> dict[int, Ints]:
    """Members of each group who surely belong to it."""
    public = _public(t)
    left = {g: np.setdiff1d(members[g], strangers(held, members[g], public)) for g in groups}
    for g, out in (doubtful(t, groups, AccusedSettings()) if groups else {}).items():
        left[g] = np.setdiff1d(left[g], np.searchsorted(held.accounts, out))
    return left


def _measured_as(t: Tables, other: Mapping[int, int]) -> None:
    """Give groups the measurements of others."""
    t.put(
        "measured_as",
        pa.table(
            {"group_id": pa.array(other.keys(), pa.int64()), "other": pa.array(other.values(), pa.int64())}
        ),
    )
    columns = t.columns("group_features")
    same = ", ".join(f"f.{c}" for c in columns if c != "group_id")
    t.define(
        "group_features",
        f"""
        SELECT {", ".join(f"f.{c}" for c in columns)} FROM group_features f
        LEFT JOIN measured_as m ON m.group_id = f.group_id WHERE m.group_id IS NULL
        UNION ALL
        SELECT m.group_id, {same} FROM group_features f JOIN measured_as m ON m.other = f.group_id
        """,
    )
    t.drop("measured_as")


def _assessed_behind(
    t: Tables,
    held: Incidence,
    rhythms: Rhythms,
    groups: Sequence[Group],
    first: int,
    settings: AssessSettings,
) -> dict[int, Assessment]:
    """Write groups behind those there are, numbered from `first`; their assessments by that number."""
    _set_aside(t)
    _write_groups(t, held, groups)
    found = assessed(t, rhythms, hypotheses(), settings)
    _bring_back(t, first)
    return {first + i: a for i, a in found.items()}


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


def _public(t: Tables) -> Ints:
    """Keys of the frames and wordings that anybody may send, sorted."""
    rows = t.numpy(
        """
        SELECT template_id AS id FROM templates WHERE public
        UNION SELECT wording_id AS id FROM wordings WHERE public ORDER BY id
        """
    )
    return np.asarray(rows["id"], np.int64)


def _members(t: Tables, held: Incidence) -> dict[int, Ints]:
    """Account codes of the members of each group, sorted."""
    rows = t.numpy("SELECT group_id, account_id FROM group_members ORDER BY group_id, account_id")
    code = np.searchsorted(held.accounts, np.asarray(rows["account_id"])).astype(np.int64)
    ids, heads = np.unique(np.asarray(rows["group_id"]), return_index=True)
    return dict(zip(ids.tolist(), np.split(code, heads[1:]), strict=True)) if len(ids) else {}
