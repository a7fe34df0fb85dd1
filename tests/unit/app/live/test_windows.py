"""A look is due at the end of a window, once what comes late has had its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stillwatch.app.live.windows import Windows, WindowSettings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATER = NOON + timedelta(days=9)


def micros(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def due(
    windows: Windows, first: datetime, newest: datetime, *, now: datetime = LATER, idle: float = 0
) -> datetime | None:
    return windows.due(micros(first), micros(newest), now, idle)


def hourly(looked: datetime | None = None) -> Windows:
    return Windows(WindowSettings(HOUR, 5 * MINUTE, 60.0), looked)


def test_nothing_came() -> None:
    assert hourly().due(None, None, NOON, 1e9) is None


def test_not_before_the_lateness_has_passed() -> None:
    begun = NOON - 10 * MINUTE
    assert due(hourly(), begun, NOON + 4 * MINUTE) is None
    assert NOON == due(hourly(), begun, NOON + 5 * MINUTE)


def test_a_window_in_which_nothing_came_is_none() -> None:
    assert due(hourly(), NOON + MINUTE, NOON + 30 * MINUTE) is None


def test_each_window_once_and_the_latest_if_several_ended() -> None:
    windows = hourly(NOON)
    assert due(windows, NOON - HOUR, NOON + 64 * MINUTE) is None
    assert NOON + 3 * HOUR == due(windows, NOON - HOUR, NOON + 3 * HOUR + 5 * MINUTE)


def test_a_clock_that_runs_ahead_closes_nothing() -> None:
    assert due(hourly(), NOON - HOUR, NOON + 20 * HOUR, now=NOON + MINUTE) is None


def test_everything_after_a_pause() -> None:
    newest = NOON + 20 * MINUTE
    assert newest + timedelta(microseconds=1) == due(hourly(NOON), NOON - HOUR, newest, idle=60.0)


def test_what_came_late_is_looked_at_after_a_pause_too() -> None:
    assert NOON == due(hourly(NOON), NOON - 9 * HOUR, NOON - HOUR, idle=61.0)
