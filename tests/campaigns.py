"""Groups and earlier campaigns as the tables that lifecycle reads, for tests of identity and phases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from stillwatch.attribute.identity import Earlier
from stillwatch.model.families import KINDS
from stillwatch.model.tables import TABLES
from stillwatch.store.duck import DuckTables

DAY0 = datetime(2026, 3, 1, tzinfo=UTC)
MARKS = {"template": 11, "system": 12, "client": 13, "params": 14, "instrument": 15}  # a signature
ACCOUNTS = 2000  # in the window; most are nobody's members


def on(day: float) -> datetime:
    """So many days after the first."""
    return DAY0 + timedelta(days=day)


@dataclass(frozen=True)
class Pool:
    """A group of this scan: accounts, values by kind that all of them hold, and when they are used."""

    accounts: Sequence[int]
    marks: Mapping[str, int] = field(default_factory=dict)
    verdict: str = "distillation"
    days: Mapping[int, tuple[float, float]] = field(default_factory=dict)  # account: first and last day
    hours: Sequence[
        float
    ] = ()  # days on which all accounts in use send something, besides their first and last
    models: Sequence[tuple[float, int, int]] = ()  # day, model, exchanges

    def span(self, account: int) -> tuple[float, float]:
        """First and last day of an account; the whole ten days unless told."""
        return self.days.get(account, (0.0, 10.0))


def fill(
    t: DuckTables,
    pools: Sequence[Pool],
    *,
    bans: Mapping[int, float] | None = None,
    releases: Sequence[tuple[int, float]] = (),
    inactive: Collection[int] = (),
) -> dict[int, str]:
    """Write the tables; returns the ids the groups would have by themselves."""
    everybody = [a for a in range(ACCOUNTS) if a not in inactive]
    t.put("activity", pa.table({"account_id": pa.array(everybody, pa.int64())}))
    rows = [(g, a) for g, pool in enumerate(pools) for a in pool.accounts]
    t.put("group_members", _table(("group_id", "account_id"), rows))
    holdings = sorted({(a, KINDS[k].code, v) for p in pools for a in p.accounts for k, v in p.marks.items()})
    t.put("holdings", _table(("account_id", "kind", "value_key"), holdings))
    holders = {(k, v): sum(1 for _, x, y in holdings if (x, y) == (k, v)) for _, k, v in holdings}
    values = [
        (g, KINDS[k].code, v, len(p.accounts), holders[KINDS[k].code, v])
        for g, p in enumerate(pools)
        for k, v in p.marks.items()
    ]
    t.put("group_values", _table(("group_id", "kind", "value_key", "inside", "holders"), values))
    verdicts = {"group_id": pa.array(range(len(pools)), pa.int64()), "verdict": [p.verdict for p in pools]}
    t.put("verdicts", pa.table(verdicts))
    t.put(
        "templates", pa.table({"template_id": pa.array([], pa.int64()), "public": pa.array([], pa.bool_())})
    )
    _traffic(t, pools)
    _events(t, bans or {}, releases)
    return {g: f"c-own{g}" for g in range(len(pools))}


def _traffic(t: DuckTables, pools: Sequence[Pool]) -> None:
    keys: list[tuple[int, datetime, int]] = []
    uses: list[tuple[int, int, int]] = []
    for g, pool in enumerate(pools):
        for a in pool.accounts:
            first, last = pool.span(a)
            for at in (first, last, *(h for h in pool.hours if first < h < last)):
                uses.append((g, len(keys), a))
                keys.append((len(keys), on(at), 1))
        for day, model, n in pool.models:
            for i in range(n):
                uses.append((g, len(keys), pool.accounts[0]))
                keys.append((len(keys), on(day) + timedelta(minutes=i), model))
    t.put("group_exchanges", _table(("group_id", "exchange_id", "account_id"), uses))
    t.define("group_exchanges", "SELECT *, CAST(7 AS BIGINT) AS template_id FROM group_exchanges")
    columns = list(zip(*keys, strict=True)) or [(), (), ()]
    types = (pa.int64(), pa.timestamp("us", "UTC"), pa.int64())
    names = ("exchange_id", "ts", "model_key")
    t.put("keys", pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, types, strict=True)}))


def _events(t: DuckTables, bans: Mapping[int, float], releases: Sequence[tuple[int, float]]) -> None:
    at = pa.array([on(d) for d in bans.values()], pa.timestamp("us", "UTC"))
    t.put("ban_times", pa.table({"account_id": pa.array(list(bans), pa.int64()), "at": at}))
    nobody = pa.array([], pa.timestamp("us", "UTC"))
    t.put("facts", pa.table({"account_id": pa.array([], pa.int64()), "banned_at": nobody}))
    t.put(
        "release_times",
        pa.table(
            {
                "model_key": pa.array([m for m, _ in releases], pa.int64()),
                "released_at": pa.array([on(d) for _, d in releases], pa.timestamp("us", "UTC")),
                "family": pa.nulls(len(releases), pa.int64()),
                "safeguards": pa.nulls(len(releases), pa.int16()),
                "model": pa.array([f"model-{m}" for m, _ in releases], pa.string()),
            }
        ),
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[int]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    return pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)})


def earlier(campaigns: Mapping[str, Pool], *, phases: Sequence[Mapping[str, object]] = ()) -> Earlier:
    """The state after a scan that found these campaigns."""
    rows = [
        {
            "campaign_id": name,
            "verdict": p.verdict,
            "first_seen": on(min(p.span(a)[0] for a in p.accounts)),
            "last_seen": on(max(p.span(a)[1] for a in p.accounts)),
            "phases": list(phases),
        }
        for name, p in campaigns.items()
    ]
    members = [
        {"campaign_id": n, "account_id": a, "first_seen": on(p.span(a)[0]), "last_seen": on(p.span(a)[1])}
        for n, p in campaigns.items()
        for a in p.accounts
    ]
    values = [
        {"campaign_id": n, "kind": KINDS[k].code, "value_key": v, "share": 1.0, "lift_bits": 8.0}
        for n, p in campaigns.items()
        for k, v in p.marks.items()
    ]
    made = (
        pa.Table.from_pylist(r, schema=TABLES[f"state_{name}"].schema)
        for name, r in (("campaigns", rows), ("members", members), ("values", values))
    )
    return Earlier(*made)
