"""Conditions on time mean the same instants in SQL as in Python."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.model.engine import Tables, Window
from stillwatch.signals.sql.spans import hour_of, known_by, within, within_hours
from stillwatch.store.duck import open_duck

WINDOW = Window(datetime(2026, 3, 1, 7, 30, tzinfo=UTC), datetime(2026, 3, 2, 7, 30, tzinfo=UTC))
US = timedelta(microseconds=1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Tables]:
    with open_duck(tmp_path, threads=1) as tables:
        yield tables


def put_times(engine: Tables, times: list[datetime | None]) -> None:
    column = pa.array(times, pa.timestamp("us", tz="UTC"))
    engine.put("times", pa.table({"i": range(len(times)), "at": column}))


def rows_where(engine: Tables, condition: str) -> list[int]:
    return engine.query(f"SELECT t.i FROM times t WHERE {condition} ORDER BY t.i")["i"].to_pylist()


def test_hour_of_counts_hours_since_1970(engine: Tables) -> None:
    """Every year's ends and leap day, 1970 to 2099."""
    days = [(1, 1, 0), (2, 28, 23), (3, 1, 0), (12, 31, 23)]
    times = [datetime(year, *day, 59, 59, tzinfo=UTC) for year in range(1970, 2100) for day in days]
    times.append(datetime(2024, 2, 29, 12, tzinfo=UTC))
    put_times(engine, list(times))
    hours = engine.query(f"SELECT {hour_of('t.at')} AS hour FROM times t ORDER BY t.i")["hour"].to_pylist()
    assert [int(time.timestamp()) // 3600 for time in times] == hours


def test_window_includes_its_start_and_excludes_its_end(engine: Tables) -> None:
    put_times(engine, [WINDOW.start - US, WINDOW.start, WINDOW.end - US, WINDOW.end, None])
    assert [1, 2] == rows_where(engine, within(WINDOW, "t.at"))


def test_window_written_in_another_zone_is_the_same(engine: Tables) -> None:
    there = datetime.fromisoformat("2026-03-01T13:15:00+05:45")
    assert within(Window(there, WINDOW.end), "ts") == within(WINDOW, "ts")


def test_hours_that_overlap_the_window_count(engine: Tables) -> None:
    first = int(WINDOW.start.timestamp()) // 3600
    engine.put("times", pa.table({"i": [0, 1, 2, 3], "hour": [first - 1, first, first + 24, first + 25]}))
    assert [1, 2] == rows_where(engine, within_hours(WINDOW, "t.hour"))


def test_undated_facts_were_known(engine: Tables) -> None:
    put_times(engine, [None, WINDOW.start - US, WINDOW.end - US, WINDOW.end])
    assert [0, 1, 2] == rows_where(engine, known_by(WINDOW, "t.at"))
