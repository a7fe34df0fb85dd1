"""Which campaign of an earlier scan each group is: by members and signature in bits, one to one.

A group keeps the id of an earlier campaign where that is likelier than chance by as many bits as there are campaigns
to confuse it with. Members weigh by how rarely a stranger would be among them; of each family of evidence the rarest
value that both favour counts, since values of one family come together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.model.engine import Tables
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.assignment import assign
from stillwatch.model.tables import TABLES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

UNIT = 1024
CONTENT = FAMILIES.index("content")
LASTING = (FAMILIES.index("client"), CONTENT)  # what a pool takes along: its absence speaks against


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """`retention`: chance that an earlier member still active is found again; a scan finds most, and half is what a
    campaign that loses every second account keeps. `account_bits` bound one shared member, `value_bits` one family.

    A value counts if both have it in the share `principal` of their members: less may be a bridge. A lasting family
    (client, content) of which the earlier campaign had a value in the share `marked`, and the group favours none of
    these, costs `miss_bits`. Without a shared member, `families` families must give `family_bits`, content among
    them, and neither side may be innocent: a crowd is not reborn because another uses the same tool.

    An id is kept from `margin_bits` above log2 of the number of earlier campaigns: 5 bits leave 3% to chance after
    trying them all. A group most of whose known members (the share `split`) were in one campaign that another group
    goes on with is a split of it; a campaign that nobody goes on with and most of whose active members (the share
    `merged`) are in one group has merged into that. If it splits off again, it takes its id up again.
    """

    retention: float = 0.5
    account_bits: float = 8.0
    value_bits: float = 12.0
    principal: float = 0.2
    marked: float = 0.5
    miss_bits: float = 4.0
    family_bits: float = 3.0
    families: int = 2
    margin_bits: float = 5.0
    split: float = 0.5
    merged: float = 0.5


@dataclass(frozen=True, slots=True)
class Identity:
    """One group's id: whether it was `kept` and by how many bits (1/1024) and `shared` members; the campaign it was
    split from, those that became a part of it."""

    group_id: int
    campaign_id: str
    kept: bool = False
    bits: int = 0
    shared: int = 0
    split_from: str | None = None
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the state holds: tables `state_campaigns`, `state_members`, `state_values`, each sorted by its key."""

    campaigns: pa.Table
    members: pa.Table
    values: pa.Table

    @staticmethod
    def none() -> Earlier:
        """The state before the first scan."""
        return Earlier(
            *(TABLES[f"state_{n}"].schema.empty_table() for n in ("campaigns", "members", "values"))
        )

    @property
    def merged_into(self) -> dict[str, str]:
        """By id, the campaign that an earlier one became a part of."""
        columns = (self.campaigns[c].to_pylist() for c in ("campaign_id", "merged_into"))
        return {name: into for name, into in zip(*columns, strict=True) if into is not None}

    @property
    def ids(self) -> list[str]:
        """Ids of all earlier campaigns, sorted."""
        ids: list[str] = sorted(self.campaigns["campaign_id"].to_pylist())
        return ids


def identify(
    t: Tables, own: Mapping[int, str], earlier: Earlier, settings: IdentitySettings | None = None
) -> dict[int, Identity]:
    """The identity of each group; `own` are the ids they would have by themselves. Refills `campaign_names`.

    Reads `group_members`, `group_values`, `verdicts`, `holdings`, `activity`, `templates`.
    """
    s = settings or IdentitySettings()
    ids = earlier.ids
    _put_earlier(t, earlier, ids)
    pairs = _pairs(t, len(ids), s)
    least = round((np.log2(max(len(ids), 1)) + s.margin_bits) * UNIT)
    fit = np.flatnonzero((pairs.bits >= least) & (pairs.known | pairs.marked))
    fit = fit[assign(pairs.group[fit], pairs.campaign[fit], pairs.bits[fit])]
    kept = {int(pairs.group[i]): int(i) for i in fit}
    taken = {int(pairs.campaign[i]): int(pairs.group[i]) for i in fit}
    merged = _merged(pairs, taken, s)
    used = set(ids)
    out = {}
    for group in sorted(own):
        i, swallowed = kept.get(group), tuple(ids[c] for c in merged.get(group, ()))
        if i is None:
            name = _fresh(own[group], used)
            source = _split_from(pairs, group, taken, s)
            of = None if source is None else ids[source]
            out[group] = Identity(group, name, split_from=of, merged=swallowed)
        else:
            name, bits, shared = ids[int(pairs.campaign[i])], int(pairs.bits[i]), int(pairs.shared[i])
            out[group] = Identity(group, name, True, bits, shared, earlier.merged_into.get(name), swallowed)
    names = [out[group].campaign_id for group in own]
    t.put("campaign_names", pa.table({"group_id": pa.array(list(own), pa.int64()), "campaign_id": names}))
    return out


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Groups and earlier campaigns (by their place in the sorted ids) with anything in common; `bits` in 1/1024.

    `shared` members, `active` earlier members, `familiar` members of the group that any campaign knew. `known`: the
    members themselves speak for it; `marked`: the signature suffices without them.
    """

    group: Ints
    campaign: Ints
    bits: Ints
    shared: Ints
    active: Ints
    familiar: Ints
    known: NDArray[np.bool_]
    marked: NDArray[np.bool_]


def _put_earlier(t: Tables, earlier: Earlier, ids: Sequence[str]) -> None:
    """Tables `earlier_members`, `earlier_values` and `earlier_campaigns`, their campaigns as numbers."""
    number = {name: i for i, name in enumerate(ids)}
    for name, rows in (("members", earlier.members), ("values", earlier.values)):
        codes = pa.array([number[c] for c in rows["campaign_id"].to_pylist()], pa.int64())
        t.put(f"earlier_{name}", rows.drop_columns(["campaign_id"]).append_column("campaign", codes))
    codes = pa.array([number[c] for c in earlier.campaigns["campaign_id"].to_pylist()], pa.int64())
    innocent = pc.equal(earlier.campaigns["verdict"], "innocent")
    t.put("earlier_campaigns", pa.table({"campaign": codes, "innocent": innocent}))


def _pairs(t: Tables, campaigns: int, s: IdentitySettings) -> _Pairs:
    """Every pair with a shared member or value, and what it weighs."""
    n = int(t.query("SELECT count(DISTINCT account_id) AS n FROM activity")["n"][0].as_py())
    by_members = _by_members(t)
    by_values, value_bits = _by_values(t, n, s)
    width = max(campaigns, 1)
    cell = np.unique(
        np.concatenate([p["group_id"] * width + p["campaign"] for p in (by_members, by_values)]).astype(
            np.int64
        )
    )
    group, campaign = cell // width, cell % width
    t.put("identity_pairs", pa.table({"group_id": group, "campaign": campaign}))
    misses = _misses(t, s)

    def at(rows: Mapping[str, Ints], column: str) -> Ints:
        """A column of member counts for every pair, 0 where they share nobody."""
        out = np.zeros(len(cell), np.int64)
        out[np.searchsorted(cell, rows["group_id"] * width + rows["campaign"])] = rows[column]
        return out

    shared = at(by_members, "shared")
    size, familiar = _per(t, "group_id", _GROUP_SIZES, group)
    (active,) = _per(t, "campaign", _ACTIVE, campaign)
    members = _member_bits(shared, active, size, n, s)
    families = np.zeros((len(cell), len(FAMILIES)))
    place = np.searchsorted(cell, by_values["group_id"] * width + by_values["campaign"])
    np.maximum.at(families, (place, by_values["kind"] // 100 - 1), value_bits)
    missed = np.searchsorted(cell, misses["group_id"] * width + misses["campaign"])
    cost = np.zeros((len(cell), len(FAMILIES)))
    cost[missed, misses["family"] - 1] = s.miss_bits
    cost[families > 0] = 0.0
    strong = families >= s.family_bits
    guilty = _guilty(t, group, campaign)
    marked = (strong.sum(axis=1) >= s.families) & strong[:, CONTENT] & guilty
    bits = np.rint((members + families.sum(axis=1) - cost.sum(axis=1)) * UNIT).astype(np.int64)
    return _Pairs(group, campaign, bits, shared, active, familiar, members > 0, marked)


def _member_bits(shared: Ints, active: Ints, size: Ints, n: int, s: IdentitySettings) -> Floats:
    """Log-likelihood ratio of the shared and the missing members against a random draw of the group's size."""
    chance = np.minimum(size / max(n, 1), 1.0)
    one = np.clip(np.log2(s.retention / np.maximum(chance, 1e-12)), 0.0, s.account_bits)
    missing = np.maximum(active - shared, 0)
    lost = np.log2((1 - s.retention) / np.maximum(1 - chance, 1 - s.retention))
    return np.asarray(np.where(shared > 0, shared * one + missing * lost, 0.0), np.float64)


_GROUP_SIZES = """
    SELECT m.group_id, count(*) AS size, count(e.account_id) AS familiar FROM group_members m
    LEFT JOIN (SELECT DISTINCT account_id FROM earlier_members) e ON e.account_id = m.account_id
    GROUP BY m.group_id ORDER BY m.group_id
    """
_ACTIVE = """
    SELECT e.campaign, count(*) AS active FROM earlier_members e
    JOIN (SELECT DISTINCT account_id FROM activity) a ON a.account_id = e.account_id
    GROUP BY e.campaign ORDER BY e.campaign
    """


def _per(t: Tables, key: str, sql: str, wanted: Ints) -> list[Ints]:
    """Columns of a statement for each wanted key, 0 where it has no row."""
    rows = t.numpy(sql)
    keys = np.asarray(rows[key], np.int64)
    at = np.searchsorted(keys, wanted)
    at[at == len(keys)] = 0
    hit = keys[at] == wanted if len(keys) else np.zeros(len(wanted), bool)
    return [np.where(hit, np.asarray(rows[c], np.int64)[at] if len(keys) else 0, 0) for c in rows if c != key]


def _by_members(t: Tables) -> dict[str, Ints]:
    rows = t.numpy(
        """
        SELECT m.group_id, e.campaign, count(*) AS shared FROM group_members m
        JOIN earlier_members e ON e.account_id = m.account_id
        GROUP BY m.group_id, e.campaign ORDER BY m.group_id, e.campaign
        """
    )
    return {name: np.asarray(rows[name], np.int64) for name in rows}


def _by_values(t: Tables, n: int, s: IdentitySettings) -> tuple[dict[str, Ints], Floats]:
    """Private values that are principal on both sides: their share times their rarity among everybody else."""
    t.define(
        "common_values",
        f"""
        SELECT g.group_id, e.campaign, g.kind, g.value_key, g.holders, g.inside,
               least(e.share, CAST(g.inside AS DOUBLE) / z.size) AS share
        FROM group_values g JOIN earlier_values e ON e.kind = g.kind AND e.value_key = g.value_key
        JOIN (SELECT group_id, count(*) AS size FROM group_members GROUP BY group_id) z ON z.group_id = g.group_id
        LEFT JOIN templates p ON p.template_id = g.value_key AND p.public
        WHERE p.template_id IS NULL AND e.share >= {s.principal} AND g.inside >= {s.principal} * z.size
        """,
    )
    rows = t.numpy(
        f"""
        SELECT c.group_id, c.campaign, c.kind, c.share * least({s.value_bits}, greatest(0.0,
                   log2(({n} + 1.0) / (greatest(c.holders - c.inside - coalesce(o.theirs, 0), 0) + 1.0)))) AS bits
        FROM common_values c LEFT JOIN (
            SELECT v.group_id, v.campaign, v.kind, v.value_key, count(DISTINCT h.account_id) AS theirs
            FROM common_values v JOIN holdings h ON h.kind = v.kind AND h.value_key = v.value_key
            JOIN earlier_members e ON e.campaign = v.campaign AND e.account_id = h.account_id
            LEFT JOIN group_members m ON m.group_id = v.group_id AND m.account_id = h.account_id
            WHERE m.account_id IS NULL GROUP BY v.group_id, v.campaign, v.kind, v.value_key
        ) o ON o.group_id = c.group_id AND o.campaign = c.campaign AND o.kind = c.kind
           AND o.value_key = c.value_key
        """
    )
    t.drop("common_values")
    out = {name: np.asarray(rows[name], np.int64) for name in ("group_id", "campaign", "kind")}
    return out, np.asarray(rows["bits"], np.float64)


def _misses(t: Tables, s: IdentitySettings) -> dict[str, Ints]:
    """Pairs and lasting families of which the earlier campaign had marked values and the group favours none."""
    families = ", ".join(str(f + 1) for f in LASTING)
    rows = t.numpy(
        f"""
        SELECT g.group_id, e.campaign, e.family FROM identity_pairs g JOIN (
            SELECT DISTINCT campaign, kind // 100 AS family FROM earlier_values
            WHERE share >= {s.marked} AND kind // 100 IN ({families})) e ON e.campaign = g.campaign
        LEFT JOIN (SELECT DISTINCT v.group_id, x.campaign, x.kind // 100 AS family FROM group_values v
                   JOIN earlier_values x ON x.kind = v.kind AND x.value_key = v.value_key
                   WHERE x.share >= {s.marked}) f
          ON f.group_id = g.group_id AND f.campaign = e.campaign AND f.family = e.family
        WHERE f.group_id IS NULL
        """
    )
    return {name: np.asarray(rows[name], np.int64) for name in ("group_id", "campaign", "family")}


def _guilty(t: Tables, group: Ints, campaign: Ints) -> NDArray[np.bool_]:
    """Neither side of the pair is innocent."""
    found = t.numpy("SELECT group_id FROM verdicts WHERE verdict <> 'innocent'")["group_id"]
    known = t.numpy("SELECT campaign FROM earlier_campaigns WHERE NOT innocent")["campaign"]
    return np.asarray(np.isin(group, found) & np.isin(campaign, known), np.bool_)


def _merged(pairs: _Pairs, taken: Mapping[int, int], s: IdentitySettings) -> dict[int, list[int]]:
    """By group, the earlier campaigns that nobody goes on with and most of whose active members it holds."""
    best: dict[int, int] = {}
    for i in np.flatnonzero((pairs.shared >= s.merged * pairs.active) & (pairs.shared > 1)).tolist():
        campaign = int(pairs.campaign[i])
        if campaign in taken:
            continue
        if campaign not in best or pairs.shared[i] > pairs.shared[best[campaign]]:
            best[campaign] = i
    out: dict[int, list[int]] = {}
    for campaign, i in sorted(best.items()):
        out.setdefault(int(pairs.group[i]), []).append(campaign)
    return out


def _split_from(pairs: _Pairs, group: int, taken: Mapping[int, int], s: IdentitySettings) -> int | None:
    """The campaign, gone on with by another group, that most of the group's known members were in."""
    own = np.flatnonzero((pairs.group == group) & (pairs.shared > 1))
    own = own[np.isin(pairs.campaign[own], list(taken))]
    if len(own) == 0:
        return None
    best = own[np.lexsort((pairs.campaign[own], -pairs.shared[own]))[0]]
    return int(pairs.campaign[best]) if pairs.shared[best] >= s.split * pairs.familiar[best] else None


def _fresh(name: str, used: set[str]) -> str:
    """A new id: its own, or where an earlier campaign or another group has that, one derived from it."""
    found, copy = name, 0
    while found in used:
        copy += 1
        found = f"c-{hashlib.blake2b(f'{name}/{copy}'.encode(), digest_size=6).hexdigest()}"
    used.add(found)
    return found
