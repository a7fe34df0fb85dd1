"""The chart of a campaign's size over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from stillwatch.app.report.activity import FLAG_ROOM, activity, sparkline
from stillwatch.app.report.results import Results

START = datetime(2026, 2, 1, 5, tzinfo=UTC)


def chart(hours: list[int], *, releases: list[float] = (), phases: list[float] = ()) -> Any:  # type: ignore[assignment]
    """The chart of a campaign with 10 exchanges in each of these hours."""
    rows = tuple({"hour": START + timedelta(hours=h), "exchanges": 10, "accounts": 3} for h in hours)
    results = Results(
        folder=Path("none"),
        summary={},
        tables={
            "releases": tuple({"model": "m", "released_at": START + timedelta(hours=h)} for h in releases),
        },
        by_campaign={"campaign_activity": {"c": rows}},
    )
    listed = [{"kind": "p", "at": START + timedelta(hours=h), "detail": "d"} for h in phases]
    return activity(results, {"campaign_id": "c", "phases": listed})


@pytest.mark.parametrize("hours", [[0], [0, 30], list(range(700)), [0, 24 * 365 * 3]])
def test_bars_stay_on_the_plot_and_few(hours: list[int]) -> None:
    made = chart(hours)
    assert 1 <= len(made.bars) <= 97
    assert all(0 <= b.x and b.x + b.width <= 100.01 and 0 < b.height <= 100 for b in made.bars)
    assert all(0 <= t.at <= 100 for t in made.dates)


def test_a_bar_adds_up_its_hours() -> None:
    assert chart(list(range(400))).peak_exchanges == 60


def test_no_hours_no_chart() -> None:
    assert activity(Results(Path("none"), {}, {}, {}), {"campaign_id": "c", "phases": None}) is None


def test_releases_outside_its_time_are_not_marked() -> None:
    made = chart(list(range(100)), releases=[-50, 20, 400])
    assert [m.sign for m in made.marks] == ["R1"]


def test_flags_in_one_row_never_touch() -> None:
    made = chart(list(range(300)), phases=[10, 11, 12, 60, 66, 200])
    rows: dict[int, list[float]] = {}
    for mark in made.marks:
        rows.setdefault(mark.row, []).append(mark.x)
    assert all(b - a >= FLAG_ROOM for xs in rows.values() for a, b in pairwise(xs))


def test_a_sparkline_fills_its_height() -> None:
    rows = [{"hour": START + timedelta(hours=h), "exchanges": h + 1} for h in range(48)]
    heights = sparkline(rows, START, START + timedelta(hours=47))
    assert (len(heights), max(heights)) == (40, 100)
