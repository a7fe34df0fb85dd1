"""Size of a campaign over time, as the geometry of a chart in percent of its width and height."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stillwatch.app.report.results import Results, Row
from stillwatch.app.report.words import day, moment, parsed, plural, title, visible

BINS = 96
WIDTHS_HOURS = (1, 2, 3, 6, 12, 24, 48, 168, 672)
TICKS = 4
FLAG_ROOM = 7.5  # percent of the width that a flag needs on the narrowest screen
FLAG_ROWS = 3
ACTIONS = 6  # days of enforcement marked, the largest


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: left edge, width and heights in percent of the plot."""

    x: float
    width: float
    height: float
    accounts: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A dated event: `sign` is drawn on the chart, `text` stands in the legend under it."""

    sign: str
    kind: str
    x: float
    row: int
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis, at a percentage."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Activity:
    """A chart of exchanges per bin, and of members active."""

    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    dates: tuple[Tick, ...]
    levels: tuple[Tick, ...]
    bin_hours: int
    peak_exchanges: int
    peak_accounts: int
    summary: str

    @property
    def mark_rows(self) -> int:
        """Rows of flags above the plot."""
        return max((m.row for m in self.marks), default=-1) + 1


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    hours: int
    bins: int

    def x(self, at: datetime) -> float:
        return round(100 * (at - self.start).total_seconds() / 3600 / (self.hours * self.bins), 2)


def activity(results: Results, campaign: Row) -> Activity | None:
    """The chart of a campaign, or nothing if its hours are not known."""
    rows = results.of("campaign_activity", campaign["campaign_id"])
    if not rows:
        return None
    first, last = rows[0]["hour"], rows[-1]["hour"]
    scale = _scale(first, last)
    sums, peaks = _binned(rows, scale)
    top = _nice(max(sums))
    most = max(peaks)
    bars = tuple(
        _bar(scale, i, (n, top), (m, most)) for i, (n, m) in enumerate(zip(sums, peaks, strict=True)) if n
    )
    return Activity(
        bars=bars,
        marks=_stacked(_events(results, campaign, first, last), scale),
        dates=_dates(scale),
        levels=tuple(Tick(round(100 - 100 * part, 2), f"{round(top * part):,}") for part in (0.5, 1.0)),
        bin_hours=scale.hours,
        peak_exchanges=max(sums),
        peak_accounts=most,
        summary=_summary(rows, sums, scale, most),
    )


def width_words(hours: int) -> str:
    """The width of a bar in words, to follow “in”."""
    words = {1: "an hour", 24: "a day", 168: "a week", 672: "four weeks"}
    return words.get(hours, f"{hours} hours" if hours < 24 else f"{hours // 24} days")


def sparkline(rows: Sequence[Row], first: datetime, last: datetime, *, bins: int = 40) -> tuple[int, ...]:
    """Heights from 0 to 100 of a campaign's exchanges over the whole window, square-root scaled."""
    width = max((last - first).total_seconds(), 1.0)
    sums = [0] * bins
    for row in rows:
        place = int((row["hour"] - first).total_seconds() / width * bins)
        sums[min(max(place, 0), bins - 1)] += row["exchanges"]
    top = max(sums, default=0)
    return tuple(round(100 * math.sqrt(n / top)) if top else 0 for n in sums)


def _scale(first: datetime, last: datetime) -> _Scale:
    total = int((last - first).total_seconds() // 3600) + 1
    hours = next((w for w in WIDTHS_HOURS if total <= w * BINS), math.ceil(total / BINS))
    start = first.replace(minute=0, second=0, microsecond=0)
    if hours >= 24:
        start = start.replace(hour=0)
    bins = max(int(((last - start).total_seconds() // 3600) // hours) + 1, 12)
    return _Scale(start, hours, bins)


def _binned(rows: Sequence[Row], scale: _Scale) -> tuple[list[int], list[int]]:
    """Exchanges per bin, and the most members active in one of its hours."""
    sums, peaks = [0] * scale.bins, [0] * scale.bins
    for row in rows:
        place = int((row["hour"] - scale.start).total_seconds() // 3600) // scale.hours
        sums[place] += row["exchanges"]
        peaks[place] = max(peaks[place], row["accounts"])
    return sums, peaks


def _bar(scale: _Scale, i: int, exchanges: tuple[int, float], members: tuple[int, int]) -> Bar:
    width = 100 / scale.bins
    start = scale.start + timedelta(hours=scale.hours * i)
    active = f"up to {plural(members[0], 'member')} active"
    label = f"{moment(start)} UTC: {plural(exchanges[0], 'exchange')}, {active}"
    return Bar(
        x=round(i * width, 3),
        width=round(width * 0.82, 3),
        height=max(round(100 * exchanges[0] / exchanges[1], 2), 0.6),
        accounts=max(round(100 * members[0] / members[1], 2), 1.0),
        label=label,
    )


def _nice(top: int) -> int:
    """The next round number from `top` up, even so that its half is whole."""
    step = 10 ** (len(str(top)) - 1)
    rounds = [int(m * step) for m in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)]
    return max(min(n for n in rounds if n >= top), 2)


def _dates(scale: _Scale) -> tuple[Tick, ...]:
    total = scale.hours * scale.bins
    step = next((h for h in (3, 6, 12, 24, 48, 96, 168, 336, 720) if total / h <= TICKS + 1), total // TICKS)
    start = scale.start.replace(hour=0)
    ticks = []
    at = start
    while at <= scale.start + timedelta(hours=total):
        x = scale.x(at)
        if 0 <= x <= 93:
            ticks.append(Tick(x, f"{at.day} {at:%b}" if step >= 24 else f"{at.day} {at:%b} {at:%H:%M}"))
        at += timedelta(hours=step)
    return tuple(ticks)


def _events(
    results: Results, campaign: Row, first: datetime, last: datetime
) -> list[tuple[datetime, str, str]]:
    """Releases, enforcement and phases within the campaign's time: when, kind, text."""
    events = [(at, "release", f"{visible(name, 60)} released") for at, name in _releases(results)]
    events += [(at, "enforcement", text) for at, text in _enforcement(results, campaign["campaign_id"])]
    for phase in campaign["phases"] or ():
        if phase["at"] is not None:
            events.append((phase["at"], "phase", f"{title(phase['kind'])}: {visible(phase['detail'] or '')}"))
    room = timedelta(hours=1)
    return sorted({e for e in events if first - room <= e[0] <= last + room})


def _releases(results: Results) -> list[tuple[datetime, str]]:
    pairs = [(row["released_at"], row["model"]) for row in results.rows("releases")]
    if not pairs:
        listed = results.summary.get("releases") or ()
        pairs = [(parsed(r.get("at")), r.get("model", "")) for r in listed]
    return [(_utc(at), name) for at, name in pairs if at is not None]


def _enforcement(results: Results, campaign_id: str) -> list[tuple[datetime, str]]:
    """What was done, per day and action: to members where the accounts are known, else as summarised."""
    rows = results.rows("enforcement")
    if not rows:
        return _summarised(results.summary.get("enforcement") or ())
    members = {m["account_id"] for m in results.of("members", campaign_id)}
    days: dict[tuple[object, str], list[datetime]] = {}
    for row in rows:
        if row["account_id"] in members:
            days.setdefault((row["at"].date(), row["action"]), []).append(row["at"])
    largest = sorted(days.items(), key=lambda day: (-len(day[1]), min(day[1])))[:ACTIONS]
    return [(min(at), f"{title(action)}: {plural(len(at), 'member')}") for (_, action), at in largest]


def _summarised(listed: Sequence[Row]) -> list[tuple[datetime, str]]:
    dated = [(parsed(e.get("at")), e) for e in listed]
    known = [(_utc(at), e) for at, e in dated if at is not None]
    largest = sorted(known, key=lambda pair: -(pair[1].get("accounts") or 0))[:ACTIONS]
    return [(at, f"{title(e.get('action'))}: {plural(e.get('accounts'), 'account')}") for at, e in largest]


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _stacked(events: list[tuple[datetime, str, str]], scale: _Scale) -> tuple[Mark, ...]:
    """Give each event a sign and a row in which its flag touches no other."""
    ends = [-math.inf] * FLAG_ROWS
    numbers: dict[str, int] = {}
    marks = []
    for at, kind, text in events:
        numbers[kind] = numbers.get(kind, 0) + 1
        x = min(max(scale.x(at), 0.0), 100.0)
        row = next((r for r in range(FLAG_ROWS) if x - ends[r] >= FLAG_ROOM), ends.index(min(ends)))
        ends[row] = x
        marks.append(Mark(f"{kind[0].upper()}{numbers[kind]}", kind, x, row, moment(at), text))
    return tuple(marks)


def _summary(rows: Sequence[Row], sums: list[int], scale: _Scale, most: int) -> str:
    peak = scale.start + timedelta(hours=scale.hours * sums.index(max(sums)))
    total = sum(r["exchanges"] for r in rows)
    return (
        f"{plural(total, 'exchange')} from {day(rows[0]['hour'])} to {day(rows[-1]['hour'])}; most in "
        f"{width_words(scale.hours)}: {max(sums):,} on {day(peak)}; most members active in an hour: {most:,}."
    )
