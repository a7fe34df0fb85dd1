"""Whatever byte of a case store is altered, and whatever column of whatever row: it is found, or it changed nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.casebook import altered, filled, store, tampering

from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.errors import StillwatchError
from stillwatch.store.casebook.database import Database
from stillwatch.store.casebook.sql import sql_tables

T = sql_tables()
FILLED = ("store_info", "data_keys", "notes", "audit")
COLUMNS = [(name, c.name) for name in FILLED for c in CASE_TABLES[name].columns]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nobody has tampered with."""
    path = tmp_path_factory.mktemp("original") / "cases.db"
    filled(path)
    return path


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "cases.db"


def _contents(database: Database) -> list[object]:
    with database.reading() as r:
        return [r.rows(name) for name in CASE_TABLES]


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_byte(original: Path, scratch: Path, data: st.DataObject) -> None:
    """Flip bits of one byte of the file: every row still reads as before, or opening or checking fails."""
    content = bytearray(original.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    scratch.with_name("cases.db-journal").unlink(missing_ok=True)
    scratch.write_bytes(content)
    try:
        database = store(scratch)
        found = database.verify()
        assert not found.sound or _contents(database) == _contents(store(original))
    except StillwatchError:
        pass  # it said so


def test_a_schema_that_is_not_text(original: Path, scratch: Path) -> None:
    """SQLite quotes damaged names in its message, which its driver then cannot read: still an error of ours."""
    content = bytearray(original.read_bytes())
    content[content.index(b"CREATE TABLE notes") + 11] = 0xC5
    scratch.with_name("cases.db-journal").unlink(missing_ok=True)
    scratch.write_bytes(content)
    with pytest.raises(StillwatchError, match="damaged"):
        store(scratch).verify()


@settings(max_examples=80, deadline=None)
@given(column=st.sampled_from(COLUMNS), data=st.data())
def test_any_column_of_any_row(
    original: Path, scratch: Path, column: tuple[str, str], data: st.DataObject
) -> None:
    """Alter one value through SQL: the check fails, or the store no longer opens."""
    scratch.write_bytes(original.read_bytes())
    table, name = T[column[0]], column[1]
    key = next(iter(table.primary_key.columns))
    database = store(scratch)
    with tampering(database) as connection:
        rows = connection.execute(sa.select(key, table.c[name]).order_by(key)).all()
        subject, value = data.draw(st.sampled_from(rows))
        connection.execute(sa.update(table).where(key == subject).values({name: altered(value)}))
    with suppress(StillwatchError):  # it said so
        assert not store(scratch).verify().sound
