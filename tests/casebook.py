"""Small case stores to test with, and people who tamper with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from stillwatch.model.records import Draft, Scope, Stamp, Writing
from stillwatch.store.casebook.database import Database, open_database
from stillwatch.store.casebook.sql import sql_tables

MASTER = bytes(range(32))
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = "the customer says that these are pupils of one class"


def stamp(days: float = 0.0, person: str = "ann", role: str = "analyst") -> Stamp:
    """Somebody at some time."""
    return Stamp(person, role, START + timedelta(days=days))


def store(url: str | Path, master: bytes = MASTER) -> Database:
    """An opened store, made if need be."""
    return open_database(str(url), master, stamp(), make=True)


def note(w: Writing, case_id: str = "case-1", text: str = TEXT) -> str:
    """Write a note without a case around it."""
    note_id = w.new_id("note")
    row = {"note_id": note_id, "case_id": case_id, "added_at": w.stamp.at, "person": "ann", "role": "analyst"}
    w.add("notes", [Draft(row, {"text": text}, Scope(case_id, "text"))], action="add note")
    return note_id


def filled(url: str | Path, notes: int = 4) -> Database:
    """A store with a few notes, each in a transaction of its own."""
    database = store(url)
    for i in range(notes):
        with database.writing(stamp(i)) as w:
            note(w, f"case-{i % 2}", f"{TEXT} {i}")
    return database


@contextmanager
def tampering(database: Database) -> Iterator[sa.Connection]:
    """Write past the triggers, as somebody who owns the database can."""
    with database.engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            if connection.dialect.name == "sqlite":
                for (name,) in connection.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type='trigger'"
                ).all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                for name in sql_tables():
                    connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER ALL")
            yield connection


def altered(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1_000
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    return f"{value}." if value is not None else "."


Tamper = Callable[[sa.Connection], None]
