"""What happened to a campaign, dated: start, change of accounts, rebirth after bans, pauses, moves between models.

Phases are read from the spans of all its accounts, those of earlier scans among them, so a scan of a later window
goes on with the story, and a scan of the same window tells the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.attribute.identity import Earlier, Identity
from stillwatch.attribute.moves import MoveSettings, moves
from stillwatch.model.engine import Tables
from stillwatch.model.families import BY_CODE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DAY = 86_400_000_000  # microseconds
ORDER = ("start", "split", "merge", "pool_change", "rebirth", "pivot", "retreat", "resumed", "dormant")


@dataclass(frozen=True, slots=True)
class PhaseSettings:
    """Bans at most `wave_days` apart are one wave. A wave that takes the share `lost` of the accounts in use, three at
    least, and is followed by the share `fresh` of new ones among those then in use, is a rebirth if values of two
    families, each with `family_bits`, recur in the share `recurs` of old and of new accounts. Whoever was active
    within `wave_days` before counts as in use.

    Without bans, accounts are replaced when the shares `replaced` of old ones stop and of new ones start on one day:
    more than the turnover of a campaign that hires accounts by the day. A pause of `dormant_days` is a phase; a weekend
    and a public holiday are shorter. An event within `same_days` of one of its kind is the same one.
    """

    wave_days: float = 3.0
    lost: float = 0.5
    fresh: float = 0.5
    least: int = 3
    family_bits: float = 3.0
    value_bits: float = 12.0
    recurs: float = 0.2
    replaced: float = 0.8
    dormant_days: float = 7.0
    same_days: float = 3.0


@dataclass(frozen=True, slots=True)
class Phase:
    """One dated phase: its kind, when, and what shows it."""

    kind: str
    at: datetime
    detail: str


def phases(
    t: Tables,
    identities: Mapping[int, Identity],
    earlier: Earlier,
    end: datetime,
    *,
    settings: PhaseSettings | None = None,
    moving: MoveSettings | None = None,
) -> dict[str, tuple[Phase, ...]]:
    """Phases of each campaign of this scan, and of those of the state that it did not find, by id and in order.

    Reads `campaign_spans` and what `identify` read. `end` is the end of the window. Of innocent groups only their
    start, splits and merges are told: who changes accounts or models there is nobody's business.
    """
    s = settings or PhaseSettings()
    t.define(
        "phase_exchanges",
        """
        SELECT g.group_id, g.template_id, k.ts, k.model_key FROM group_exchanges g
        JOIN verdicts v ON v.group_id = g.group_id AND v.verdict <> 'innocent'
        JOIN keys k ON k.exchange_id = g.exchange_id
        """,
    )
    suspect = set(
        t.query("SELECT group_id FROM verdicts WHERE verdict <> 'innocent'")["group_id"].to_pylist()
    )
    told, latest = _told(earlier), _latest(earlier)
    spans = _spans(t)
    recurring = _recurring(t, s)
    hours = _hours(t)
    moved = moves(t, moving)
    out: dict[str, tuple[Phase, ...]] = {}
    for group, who in identities.items():
        own, before = spans.get(group, _Spans.none()), told.get(who.campaign_id, ())
        found = [*_start(own, before), *_relations(who, end)]
        if group in suspect:
            found += _pools(own, recurring.get(group, ()), s)
            found += [Phase(kind, _time(at), detail) for kind, at, detail in moved.get(group, ())]
            ends = [*latest.get(who.campaign_id, ()), *own.last.max(keepdims=True, initial=-1).tolist()]
            found += _pauses(hours.get(group, ()), [at for at in ends if at >= 0], end, s)
        out[who.campaign_id] = _together(before, found, s)
    for name in _standing(earlier):
        if name not in out:
            out[name] = _together(told[name], _pauses((), latest[name], end, s), s)
    return out


@dataclass(frozen=True, slots=True)
class _Spans:
    """First and last demixed exchange of each account, and when it was banned (the largest integer: never)."""

    first: Ints
    last: Ints
    banned: Ints

    @staticmethod
    def none() -> _Spans:
        return _Spans(*(np.empty(0, np.int64) for _ in range(3)))


def write_spans(t: Tables, identities: Mapping[int, Identity], earlier: Earlier) -> None:
    """Fill `campaign_spans` (group_id, account_id, first_seen, last_seen, banned_at): accounts of this scan and of
    earlier ones."""
    kept = {who.campaign_id: g for g, who in identities.items()}
    kept |= {old: g for g, who in identities.items() for old in who.merged}
    groups = pa.array([kept.get(c) for c in earlier.members["campaign_id"].to_pylist()], pa.int64())
    rows = earlier.members.drop_columns(["campaign_id"]).append_column("group_id", groups)
    t.put("spans_before", rows.filter(groups.is_valid()))
    number = {name: i for i, name in enumerate(earlier.ids)}
    went_on = [(g, number[w.campaign_id]) for g, w in identities.items() if w.kept]
    columns = list(zip(*went_on, strict=True)) or [(), ()]
    t.put(
        "went_on",
        pa.table(
            {n: pa.array(c, pa.int64()) for n, c in zip(("group_id", "campaign"), columns, strict=True)}
        ),
    )
    t.define(
        "bans",
        """
        SELECT account_id, min("at") AS banned_at FROM (
            SELECT account_id, "at" FROM ban_times
            UNION ALL SELECT account_id, banned_at FROM facts WHERE banned_at IS NOT NULL) AS b
        GROUP BY account_id
        """,
    )
    t.define(
        "campaign_spans",
        """
        SELECT s.group_id, s.account_id, min(s.first_seen) AS first_seen, max(s.last_seen) AS last_seen,
               min(coalesce(b.banned_at, s.banned_at)) AS banned_at
        FROM (
            SELECT m.group_id, m.account_id, min(k.ts) AS first_seen, max(k.ts) AS last_seen,
                   CAST(NULL AS TIMESTAMPTZ) AS banned_at
            FROM group_members m
            LEFT JOIN group_exchanges g ON g.group_id = m.group_id AND g.account_id = m.account_id
            LEFT JOIN keys k ON k.exchange_id = g.exchange_id
            GROUP BY m.group_id, m.account_id
            UNION ALL
            SELECT group_id, account_id, first_seen, last_seen, banned_at FROM spans_before
        ) AS s LEFT JOIN bans b ON b.account_id = s.account_id
        GROUP BY s.group_id, s.account_id
        """,
    )
    t.drop("spans_before")


def _spans(t: Tables) -> dict[int, _Spans]:
    rows = t.numpy(
        """
        SELECT group_id, epoch_us(first_seen) AS first, epoch_us(last_seen) AS last,
               coalesce(epoch_us(banned_at), 9223372036854775807) AS banned
        FROM campaign_spans WHERE first_seen IS NOT NULL ORDER BY group_id, first_seen, account_id
        """
    )
    columns = [np.asarray(rows[c], np.int64) for c in ("first", "last", "banned")]
    parts = [_by_group(np.asarray(rows["group_id"], np.int64), c) for c in columns]
    return {g: _Spans(*(part[g] for part in parts)) for g in parts[0]}


def _by_group(group: Ints, values: Ints) -> dict[int, Ints]:
    ids, first = np.unique(group, return_index=True)
    return dict(zip(ids.tolist(), np.split(values, first[1:]), strict=True)) if len(ids) else {}


def _hours(t: Tables) -> dict[int, Ints]:
    rows = t.numpy(
        """
        SELECT DISTINCT group_id, epoch_us(ts) // 3600000000 * 3600000000 AS hour FROM phase_exchanges
        ORDER BY 1, 2
        """
    )
    return _by_group(np.asarray(rows["group_id"], np.int64), np.asarray(rows["hour"], np.int64))


def _relations(who: Identity, end: datetime) -> list[Phase]:
    found = [Phase("merge", end, f"{name} became a part of it") for name in who.merged]
    if who.split_from is not None:
        found.append(Phase("split", end, f"from {who.split_from}, which goes on without these accounts"))
    return found


def _start(own: _Spans, before: Sequence[Phase]) -> list[Phase]:
    if len(own.first) == 0 or any(p.kind == "start" for p in before):
        return []
    return [Phase("start", _time(int(own.first.min())), "first demixed exchange")]


def _pools(own: _Spans, recurring: Sequence[tuple[str, float]], s: PhaseSettings) -> list[Phase]:
    """Rebirths after waves of bans, and the clearest change of accounts without one."""
    found: list[Phase] = []
    for first, last in _waves(own, s):
        in_use = (own.first < first) & (np.minimum(own.last, own.banned) >= first - s.wave_days * DAY)
        lost = in_use & (own.banned >= first) & (own.banned <= last)
        new = own.first > first
        later = (own.last > last) & (own.banned > last)
        if lost.sum() < max(s.least, s.lost * in_use.sum()) or new.sum() < s.least:
            continue
        if (new & later).sum() < s.fresh * later.sum():
            continue
        what = f"{lost.sum()} of {in_use.sum()} accounts in use were banned, {new.sum()} new ones followed"
        kind = "rebirth" if len(recurring) > 1 else "pool_change"
        shown = "; ".join(f"{name} recurs ({bits:.1f} bits)" for name, bits in recurring)
        found.append(Phase(kind, _time(int(own.first[new].min())), what + (f": {shown}" if shown else "")))
    return found or _replaced(own, s)


def _waves(own: _Spans, s: PhaseSettings) -> list[tuple[int, int]]:
    """First and last ban of each wave."""
    at = np.sort(own.banned[own.banned < np.iinfo(np.int64).max])
    if len(at) == 0:
        return []
    cuts = np.flatnonzero(np.diff(at) > s.wave_days * DAY) + 1
    return [(int(wave[0]), int(wave[-1])) for wave in np.split(at, cuts)]


def _replaced(own: _Spans, s: PhaseSettings) -> list[Phase]:
    """The day on which most old accounts had stopped and most of those then in use were new, if there is one."""
    best: tuple[float, int, int, int] | None = None
    for day in np.unique(own.first // DAY).tolist():
        cut = day * DAY
        old, later = own.first < cut, own.last >= cut
        if old.sum() < s.least or (~old).sum() < s.least:
            continue
        gone, new = float((~later)[old].mean()), float((~old)[later].mean())
        if best is None or min(gone, new) > best[0]:
            best = min(gone, new), int(own.first[~old].min()), int((old & ~later).sum()), int((~old).sum())
    if best is None or best[0] < s.replaced:
        return []
    _, at, gone_n, new_n = best
    return [Phase("pool_change", _time(at), f"{gone_n} accounts stopped, {new_n} new ones took over")]


def _recurring(t: Tables, s: PhaseSettings) -> dict[int, tuple[tuple[str, float], ...]]:
    """Of each group the rarest value of every family that recurs in banned accounts and in those that came after.

    Banned accounts without an exchange in this window are known by what the state says of the campaign.
    """
    n = int(t.query("SELECT count(DISTINCT account_id) AS n FROM activity")["n"][0].as_py())
    t.define(
        "pool_sides",
        """
        SELECT s.group_id, s.account_id, s.banned_at IS NOT NULL AS old FROM campaign_spans s
        JOIN (SELECT group_id, min(banned_at) AS first FROM campaign_spans GROUP BY group_id) b
          ON b.group_id = s.group_id
        JOIN (SELECT DISTINCT account_id FROM activity) a ON a.account_id = s.account_id
        WHERE s.banned_at IS NOT NULL OR s.first_seen > b.first
        """,
    )
    t.define(
        "pool_holdings",
        """
        SELECT p.group_id, h.kind, h.value_key, sum(CASE WHEN p.old THEN 1 ELSE 0 END) AS old,
               sum(CASE WHEN p.old THEN 0 ELSE 1 END) AS new
        FROM pool_sides p JOIN group_values g ON g.group_id = p.group_id
        JOIN holdings h ON h.account_id = p.account_id AND h.kind = g.kind AND h.value_key = g.value_key
        GROUP BY p.group_id, h.kind, h.value_key
        """,
    )
    rows = t.query(
        f"""
        SELECT group_id, kind, max(bits) AS bits FROM (
            SELECT v.group_id, v.kind, least({s.value_bits}, log2(({n} + 1.0) / (v.holders - v.inside + 1.0))) AS bits
            FROM group_values v
            JOIN (SELECT group_id, sum(CASE WHEN old THEN 1 ELSE 0 END) AS old,
                         sum(CASE WHEN old THEN 0 ELSE 1 END) AS new FROM pool_sides GROUP BY group_id) z
              ON z.group_id = v.group_id
            JOIN pool_holdings r ON r.group_id = v.group_id AND r.kind = v.kind AND r.value_key = v.value_key
            LEFT JOIN went_on w ON w.group_id = v.group_id
            LEFT JOIN earlier_values e ON e.campaign = w.campaign AND e.kind = v.kind AND e.value_key = v.value_key
            LEFT JOIN templates q ON q.template_id = v.value_key AND q.public
            WHERE q.template_id IS NULL AND r.new >= {s.recurs} * z.new
              AND (CASE WHEN z.old > 0 THEN r.old >= {s.recurs} * z.old ELSE coalesce(e.share, 0.0) >= {s.recurs} END)
        ) AS shared WHERE bits >= {s.family_bits} GROUP BY group_id, kind ORDER BY group_id, bits DESC, kind
        """
    )
    t.drop("pool_sides")
    t.drop("pool_holdings")
    best: dict[int, dict[str, tuple[str, float]]] = {}
    for row in rows.to_pylist():
        kind = BY_CODE[row["kind"]]
        best.setdefault(row["group_id"], {}).setdefault(kind.family, (kind.title, row["bits"]))
    return {group: tuple(families.values()) for group, families in best.items()}


def _pauses(hours: Iterable[int], ends: Sequence[int], end: datetime, s: PhaseSettings) -> list[Phase]:
    """Pauses between active hours, and the one that lasts to the end of the window; `ends` are the latest exchanges
    of earlier scans and of this one."""
    at = np.unique(np.array([*hours, *ends], np.int64))
    length, said = round(s.dormant_days * DAY), f"no exchange for {s.dormant_days:g} days or more"
    found: list[Phase] = []
    for i in np.flatnonzero(np.diff(at) >= length).tolist():
        found.append(Phase("dormant", _time(int(at[i])), said))
        found.append(Phase("resumed", _time(int(at[i + 1])), f"after {(at[i + 1] - at[i]) // DAY} days"))
    if len(at) and _micros(end) - at[-1] >= length:
        found.append(Phase("dormant", _time(int(at[-1])), said))
    return found


def _told(earlier: Earlier) -> dict[str, tuple[Phase, ...]]:
    columns = (earlier.campaigns[c].to_pylist() for c in ("campaign_id", "phases"))
    return {
        name: tuple(Phase(p["kind"], p["at"], p["detail"]) for p in told or ())
        for name, told in zip(*columns, strict=True)
    }


def _standing(earlier: Earlier) -> list[str]:
    """Campaigns of the state that are not innocent and did not merge into another."""
    rows = earlier.campaigns.select(["campaign_id", "verdict", "merged_into"]).to_pylist()
    return [r["campaign_id"] for r in rows if r["merged_into"] is None and r["verdict"] != "innocent"]


def _latest(earlier: Earlier) -> dict[str, list[int]]:
    """Latest exchange, if any, of each campaign of the state."""
    columns = (earlier.campaigns[c].to_pylist() for c in ("campaign_id", "last_seen"))
    return {name: [] if at is None else [_micros(at)] for name, at in zip(*columns, strict=True)}


def _together(before: Sequence[Phase], found: Sequence[Phase], s: PhaseSettings) -> tuple[Phase, ...]:
    """Phases told before and new ones; what was told before is not told again."""
    out = list(before)
    near = timedelta(days=s.same_days)
    for phase in sorted(found, key=lambda p: (p.at, ORDER.index(p.kind), p.detail)):
        related = phase.kind in ("split", "merge")
        if not any(
            p.kind == phase.kind and (p.detail == phase.detail if related else abs(p.at - phase.at) <= near)
            for p in out
        ):
            out.append(phase)
    return tuple(sorted(out, key=lambda p: (p.at, ORDER.index(p.kind), p.detail)))


def _time(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
