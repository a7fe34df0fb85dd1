"""What each group of a scan shows of each statement: members that hold it, and all other accounts that do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from stillwatch.attribute.actors.kinds import PROGRAMME, RELEASE
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.profile import Release
from stillwatch.attribute.actors.weigh import Sighting
from stillwatch.model.engine import Tables
from stillwatch.model.families import KINDS

BEFORE_RELEASE = timedelta(days=90)  # a harvest in the three months before a release fits it
EXAMPLES = 5
Found = Mapping[int, Sequence[Sighting]]


def sightings(t: Tables, found: Sequence[Statement], groups: Sequence[int]) -> Found:
    """Of each group a sighting for every statement, in their order.

    Reads `group_members`, `holdings`, `activity`, `group_exchanges`, `templates`, `keys`, and `actor_hits` (claim,
    account_id), which holds what patterns matched.
    """
    t.put("actor_marks", _marks(found))
    t.define(
        "actor_holders",
        """
        SELECT DISTINCT m.claim, h.account_id FROM holdings h
        JOIN actor_marks m ON m.kind = h.kind AND m.value_key = h.value_key
        UNION SELECT claim, account_id FROM actor_hits
        """,
    )
    holding = _pairs(
        t,
        """
        SELECT m.group_id, h.claim AS place, count(*) AS n FROM actor_holders h
        JOIN group_members m ON m.account_id = h.account_id GROUP BY m.group_id, h.claim
        """,
    )
    everywhere = {r["claim"]: r["n"] for r in t.query(_HOLDERS).to_pylist()}
    rows = _examples(t)
    having = {basis: _having(t, basis) for basis in sorted({s.basis for s in found if s.basis})}
    mixes, spans = _mixes(t), _spans(t)
    t.drop("actor_holders")
    t.drop("actor_marks")
    out: dict[int, list[Sighting]] = {}
    for group in groups:
        for place, s in enumerate(found):
            if s.kind == PROGRAMME.name:
                seen = _programme(s, mixes.get(group, {}))
            elif s.kind == RELEASE.name:
                seen = _release(s, spans.get(group))
            elif s.basis:
                inside, whole = having[s.basis]
                n, mine = holding.get((group, place), 0), inside.get(group, 0)
                others = max(everywhere.get(place, 0) - n, 0)
                seen = Sighting(n, mine, others, max(whole - mine, 0), tuple(rows.get((group, place), ())))
                if not mine:
                    seen = Sighting(why_not=f"the log holds no {' or '.join(s.basis)} of its members")
            else:
                seen = Sighting()
            out.setdefault(group, []).append(seen)
    return out


_HOLDERS = "SELECT claim, count(*) AS n FROM actor_holders GROUP BY claim ORDER BY claim"


def _marks(found: Sequence[Statement]) -> pa.Table:
    rows = [(i, KINDS[kind].code, value) for i, s in enumerate(found) for kind, value in s.held]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    names = ("claim", "kind", "value_key")
    return pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)})


def _pairs(t: Tables, sql: str) -> dict[tuple[int, int], int]:
    return {(r["group_id"], r["place"]): r["n"] for r in t.query(sql).to_pylist()}


def _having(t: Tables, basis: Sequence[str]) -> tuple[dict[int, int], int]:
    """Members of each group, and accounts altogether, of whom any of these kinds of value is known."""
    codes = ", ".join(str(KINDS[kind].code) for kind in basis)
    t.define("actor_known", f"SELECT DISTINCT account_id FROM holdings WHERE kind IN ({codes})")
    rows = t.query(
        """
        SELECT m.group_id, count(*) AS n FROM actor_known k JOIN group_members m ON m.account_id = k.account_id
        GROUP BY m.group_id
        """
    )
    whole = t.rows("actor_known")
    t.drop("actor_known")
    return {r["group_id"]: r["n"] for r in rows.to_pylist()}, whole


def _examples(t: Tables) -> dict[tuple[int, int], list[str]]:
    """Ids of rows behind each sighting, of the values most members hold."""
    rows = t.query(
        f"""
        SELECT group_id, claim, kind, value_key FROM (
            SELECT *, row_number() OVER (PARTITION BY group_id, claim ORDER BY n DESC, kind, value_key) AS place FROM (
                SELECT g.group_id, m.claim, m.kind, m.value_key, count(*) AS n FROM actor_marks m
                JOIN holdings h ON h.kind = m.kind AND h.value_key = m.value_key
                JOIN group_members g ON g.account_id = h.account_id
                GROUP BY g.group_id, m.claim, m.kind, m.value_key) AS held) AS placed
        WHERE place <= {EXAMPLES} ORDER BY group_id, claim, place
        """
    )
    names = {k.code: k.name for k in KINDS.values()}
    out: dict[tuple[int, int], list[str]] = {}
    for r in rows.to_pylist():
        out.setdefault((r["group_id"], r["claim"]), []).append(
            f"holdings/{names[r['kind']]}/{r['value_key']}"
        )
    return out


def _mixes(t: Tables) -> dict[int, dict[str, int]]:
    """Exchanges of each group by what they ask for."""
    rows = t.query(
        """
        SELECT g.group_id, p.capability, count(*) AS n FROM group_exchanges g
        JOIN templates p ON p.template_id = g.template_id
        WHERE p.capability IS NOT NULL AND p.capability <> 'general' GROUP BY g.group_id, p.capability
        """
    )
    out: dict[int, dict[str, int]] = {}
    for r in rows.to_pylist():
        out.setdefault(r["group_id"], {})[r["capability"]] = r["n"]
    return out


def _spans(t: Tables) -> dict[int, tuple[datetime, datetime]]:
    rows = t.query(
        """
        SELECT g.group_id, min(k.ts) AS first, max(k.ts) AS last FROM group_exchanges g
        JOIN keys k ON k.exchange_id = g.exchange_id GROUP BY g.group_id
        """
    )
    return {r["group_id"]: (r["first"], r["last"]) for r in rows.to_pylist()}


def _programme(s: Statement, mix: Mapping[str, int]) -> Sighting:
    """How much of what a campaign takes is what the actor is said to be after: half of it is a hit."""
    whole = sum(mix.values())
    if not whole:
        return Sighting(why_not="what the campaign takes is not known")
    inside = sum(n for name, n in mix.items() if name in s.capabilities)
    return Sighting(inside if 2 * inside >= whole else 0, whole, 0, 100_000)


def _release(s: Statement, span: tuple[datetime, datetime] | None) -> Sighting:
    """Whether most of the campaign fell into the months before the release."""
    if span is None or not isinstance(s.claim, Release):
        return Sighting(why_not="the campaign has no demixed exchange")
    day = datetime.combine(s.claim.released, datetime.min.time(), UTC)
    middle = span[0] + (span[1] - span[0]) / 2
    return Sighting(int(day - BEFORE_RELEASE <= middle <= day), 1, 0, 100_000)


def day_of(at: datetime) -> date:
    """The day of a time, UTC."""
    return at.astimezone(UTC).date()
