"""Tracked groups: campaigns, of this scan and of earlier ones, that one party must have run.

Two campaigns are tied by values that both favour, each weighed by its rarity among everybody else; of a family the
strongest counts. Two families are needed, and one of them must be hard to fake: a copycat takes over frames, clients
and strings, and rents the same relay, but not the cards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.attribute.actors.kinds import INDICATORS
from stillwatch.model.engine import Tables
from stillwatch.model.families import BY_CODE


@dataclass(frozen=True, slots=True)
class TrackedSettings:
    """A tie needs `families` families of `family_bits`, one of them hard to fake, and in sum log2 of the number of
    pairs to confuse plus `margin_bits`. A value counts in full from the share `share` of the members on."""

    families: int = 2
    family_bits: float = 3.0
    margin_bits: float = 2.0
    share: float = 0.05


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties two campaigns: bits by family."""

    a: str
    b: str
    families: Mapping[str, float]

    @property
    def bits(self) -> float:
        """Their sum."""
        return sum(self.families.values())


@dataclass(frozen=True, slots=True)
class Held:
    """The rarest value of its kind that two campaigns favour with this share, the smaller of the two; other holders."""

    a: str
    b: str
    kind: str
    share: float
    others: int


def ties(
    shared: Sequence[Held], accounts: int, campaigns: int, settings: TrackedSettings | None = None
) -> list[Tie]:
    """The pairs that their shared values tie, in order."""
    s = settings or TrackedSettings()
    best: dict[tuple[str, str], dict[tuple[str, bool], float]] = {}
    for held in shared:
        kind = INDICATORS.get(held.kind)
        if kind is None:
            continue
        rarity = np.log2((accounts + 1.0) / (held.others + 1.0))
        bits = float(min(rarity, kind.cap_bits)) * min(held.share / s.share, 1.0)
        family = best.setdefault((min(held.a, held.b), max(held.a, held.b)), {})
        at = (kind.family, kind.faking == "hard")
        family[at] = max(family.get(at, 0.0), bits)
    least = np.log2(max(campaigns, 1)) + s.margin_bits
    return [
        tie
        for tie in (_tie(pair, found, s) for pair, found in sorted(best.items()))
        if tie and tie.bits >= least
    ]


def _tie(pair: tuple[str, str], found: Mapping[tuple[str, bool], float], s: TrackedSettings) -> Tie | None:
    families: dict[str, float] = {}
    for (family, _), bits in found.items():
        families[family] = max(families.get(family, 0.0), bits)
    strong = {f: b for f, b in families.items() if b >= s.family_bits}
    hard = any(hard and bits >= s.family_bits for (_, hard), bits in found.items())
    return Tie(*pair, strong) if len(strong) >= s.families and hard else None


def groups(campaigns: Sequence[str], found: Sequence[Tie], known: Mapping[str, str]) -> dict[str, str]:
    """The tracked group of each campaign that is in one; `known` are those of earlier scans, whose names stay.

    Where ties join two known groups the name that sorts first stays.
    """
    root = {c: c for c in sorted({*campaigns, *known})}

    def top(c: str) -> str:
        while root[c] != c:
            c = root[c]
        return c

    def join(a: str, b: str) -> None:
        low, high = sorted((top(a), top(b)))
        root[high] = low

    first: dict[str, str] = {}
    for campaign, group in sorted(known.items()):
        join(campaign, first.setdefault(group, campaign))
    for tie in found:
        join(tie.a, tie.b)
    parts: dict[str, list[str]] = {}
    for c in root:
        parts.setdefault(top(c), []).append(c)
    out: dict[str, str] = {}
    for part in parts.values():
        names = sorted({known[c] for c in part if c in known})
        if len(part) > 1 or names:
            name = names[0] if names else f"g-{hashlib.blake2b(part[0].encode(), digest_size=6).hexdigest()}"
            out |= dict.fromkeys(part, name)
    return out


def shared_values(t: Tables) -> list[Held]:
    """Values that two campaigns favour: two groups of this scan, or one and an earlier campaign; nobody innocent.

    Reads `group_values`, `group_members`, `campaign_names`, `verdicts`, `holdings`, `templates`, and the tables
    `earlier_values`, `earlier_members`, `earlier_campaigns`, `earlier_names` of the state.
    """
    known = [code for code, kind in BY_CODE.items() if kind.name in INDICATORS]
    t.put("tracked_kinds", pa.table({"kind": pa.array(known, pa.int64())}))
    t.define(
        "tracked_values",
        """
        SELECT n.campaign_id, v.kind, v.value_key, CAST(v.inside AS DOUBLE) / z.size AS share
        FROM group_values v JOIN campaign_names n ON n.group_id = v.group_id
        JOIN verdicts w ON w.group_id = v.group_id AND w.verdict <> 'innocent'
        JOIN tracked_kinds k ON k.kind = v.kind
        JOIN (SELECT group_id, count(*) AS size FROM group_members GROUP BY group_id) z ON z.group_id = v.group_id
        LEFT JOIN templates p ON p.template_id = v.value_key AND p.public
        WHERE p.template_id IS NULL
        """,
    )
    t.define(
        "tracked_before",
        """
        SELECT e.campaign_id, v.kind, v.value_key, v.share FROM earlier_values v
        JOIN earlier_names e ON e.campaign = v.campaign
        JOIN earlier_campaigns c ON c.campaign = v.campaign AND NOT c.innocent
        LEFT JOIN campaign_names n ON n.campaign_id = e.campaign_id WHERE n.campaign_id IS NULL
        """,
    )
    t.define(
        "tracked_pairs",
        """
        SELECT a.campaign_id AS a, b.campaign_id AS b, a.kind, a.value_key, least(a.share, b.share) AS share
        FROM tracked_values a JOIN tracked_values b ON b.kind = a.kind AND b.value_key = a.value_key
        WHERE a.campaign_id < b.campaign_id
        UNION ALL
        SELECT a.campaign_id, b.campaign_id, a.kind, a.value_key, least(a.share, b.share)
        FROM tracked_values a JOIN tracked_before b ON b.kind = a.kind AND b.value_key = a.value_key
        """,
    )
    t.define("tracked_members", _MEMBERS)
    t.define("tracked_held", _HELD)
    t.define(
        "tracked_inside",
        "SELECT campaign_id, kind, value_key, count(*) AS n FROM tracked_held GROUP BY campaign_id, kind, value_key",
    )
    rows = t.query(_OTHERS).to_pylist()
    for name in ("kinds", "values", "before", "pairs", "members", "held", "inside"):
        t.drop(f"tracked_{name}")
    return [Held(r["a"], r["b"], BY_CODE[r["kind"]].name, r["share"], r["others"]) for r in rows]


_MEMBERS = """
    SELECT n.campaign_id, m.account_id FROM group_members m JOIN campaign_names n ON n.group_id = m.group_id
    UNION SELECT e.campaign_id, m.account_id FROM earlier_members m JOIN earlier_names e ON e.campaign = m.campaign
    """
# members of a campaign who hold one of its own values that another has too
_HELD = """
    SELECT DISTINCT q.campaign_id, q.kind, q.value_key, h.account_id
    FROM (SELECT a AS campaign_id, kind, value_key FROM tracked_pairs
          UNION SELECT b, kind, value_key FROM tracked_pairs) q
    JOIN tracked_members m ON m.campaign_id = q.campaign_id
    JOIN holdings h ON h.account_id = m.account_id AND h.kind = q.kind AND h.value_key = q.value_key
    """
# holders of a value who are in neither campaign: all, without those of each, and those of both not taken off twice; of
# values of one kind that equal shares hold the rarest is enough
_OTHERS = """
    SELECT p.a, p.b, p.kind, p.share,
           min(coalesce(w.n, 0) - coalesce(x.n, 0) - coalesce(y.n, 0) + coalesce(o.n, 0)) AS others
    FROM tracked_pairs p
    LEFT JOIN (SELECT h.kind, h.value_key, count(DISTINCT h.account_id) AS n FROM holdings h
               JOIN (SELECT DISTINCT kind, value_key FROM tracked_pairs) q
                 ON q.kind = h.kind AND q.value_key = h.value_key
               GROUP BY h.kind, h.value_key) w ON w.kind = p.kind AND w.value_key = p.value_key
    LEFT JOIN tracked_inside x ON x.campaign_id = p.a AND x.kind = p.kind AND x.value_key = p.value_key
    LEFT JOIN tracked_inside y ON y.campaign_id = p.b AND y.kind = p.kind AND y.value_key = p.value_key
    LEFT JOIN (SELECT q.campaign_id AS a, r.campaign_id AS b, q.kind, q.value_key, count(*) AS n
               FROM tracked_held q
               JOIN tracked_held r ON r.account_id = q.account_id AND r.kind = q.kind
                AND r.value_key = q.value_key AND r.campaign_id <> q.campaign_id
               GROUP BY q.campaign_id, r.campaign_id, q.kind, q.value_key) o
      ON o.a = p.a AND o.b = p.b AND o.kind = p.kind AND o.value_key = p.value_key
    GROUP BY p.a, p.b, p.kind, p.share ORDER BY p.a, p.b, p.kind, p.share
    """


def track(
    t: Tables,
    campaigns: Sequence[str],
    earlier: Sequence[str],
    known: Mapping[str, str],
    settings: TrackedSettings | None = None,
) -> tuple[dict[str, str], list[Tie]]:
    """Tracked groups after this scan, and what ties its campaigns. `earlier` are the ids of the state in the order of
    the numbers that `earlier_campaigns` gives them."""
    numbers = pa.array(range(len(earlier)), pa.int64())
    t.put("earlier_names", pa.table({"campaign": numbers, "campaign_id": pa.array(earlier, pa.string())}))
    accounts = int(t.query("SELECT count(DISTINCT account_id) AS n FROM activity")["n"][0].as_py())
    found = ties(shared_values(t), accounts, len({*campaigns, *earlier}), settings)
    return groups([*campaigns, *earlier], found, known), found
