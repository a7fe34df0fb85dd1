"""Conditions on time: what falls in the window, what was known by its end, clock hours as integers."""

from __future__ import annotations

from datetime import UTC, datetime

from stillwatch.model.engine import Window


def within(window: Window, column: str) -> str:
    """Condition that a time stamp lies in the window (its end excluded)."""
    return f"({column} >= {_literal(window.start)} AND {column} < {_literal(window.end)})"


def within_hours(window: Window, column: str) -> str:
    """Condition that an hour, counted since 1970-01-01 UTC, overlaps the window."""
    first = int(window.start.timestamp()) // 3600
    last = -(-int(window.end.timestamp()) // 3600)
    return f"({column} >= {first} AND {column} < {last})"


def known_by(window: Window, column: str) -> str:
    """Condition that something undated, or dated before the window's end, was known then."""
    return f"({column} IS NULL OR {column} < {_literal(window.end)})"


def hour_of(column: str) -> str:
    """Hours since 1970-01-01 UTC of a time stamp, as BIGINT; right from 1970 to 2099.

    Calendar parts, because engines count seconds since 1970 under different names.
    """
    year = f"EXTRACT(YEAR FROM {column})"
    leap_days = f"CAST(FLOOR(({year} - 1969) / 4) AS BIGINT)"
    days = f"({year} - 1970) * 365 + {leap_days} + EXTRACT(DOY FROM {column}) - 1"
    return f"CAST(({days}) * 24 + EXTRACT(HOUR FROM {column}) AS BIGINT)"


def _literal(at: datetime) -> str:
    return f"TIMESTAMP '{at.astimezone(UTC).isoformat(sep=' ', timespec='microseconds')}'"
