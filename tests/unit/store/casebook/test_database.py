"""Opening a case store: made, found again, or refused with a reason; what is written is kept whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.casebook import MASTER, TEXT, filled, note, stamp, store, tampering
from tests.conftest import ROOT
from tests.postgres import Server

from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.errors import InputError, ResourceError, StateError, UsageError
from stillwatch.store.casebook.database import open_database
from stillwatch.store.casebook.migrate import newest
from stillwatch.store.casebook.sql import column_type, sql_tables

WRITER = """
import sys
from tests.casebook import note, stamp, store
database = store(sys.argv[1])
for i in range(int(sys.argv[2])):
    with database.writing(stamp(i, sys.argv[3])) as w:
        note(w, text=f"{sys.argv[3]} {i}")
"""


def test_what_is_written_is_read_again(place: str) -> None:
    filled(place)
    with store(place).reading() as r:
        rows = r.rows("notes")
        assert [f"{TEXT} {i}" for i in range(4)] == [(r.payload("notes", row) or {})["text"] for row in rows]
        assert [stamp(i).at for i in range(4)] == [row["added_at"] for row in rows]


def test_a_failed_block_leaves_nothing(place: str) -> None:
    database = filled(place)
    before = database.head()
    with pytest.raises(ZeroDivisionError), database.writing(stamp()) as w:
        note(w)
        raise ZeroDivisionError
    assert before == database.head()
    assert database.verify().sound


def test_migrations_make_the_tables_that_are_described(place: str) -> None:
    """Columns, nullability and primary keys, read back from the database."""
    inspector = sa.inspect(store(place).engine)
    for name, described in CASE_TABLES.items():
        columns = {c["name"]: c for c in inspector.get_columns(name)}
        assert [c.name for c in described.columns] == list(columns), name
        for c in described.columns:
            assert (not c.required) == columns[c.name]["nullable"], (name, c.name)
            dialect = inspector.engine.dialect
            expected = column_type(c.type).compile(dialect=dialect)
            assert expected == columns[c.name]["type"].compile(dialect=dialect), (name, c.name)
        assert list(described.key) == inspector.get_pk_constraint(name)["constrained_columns"]


def test_two_writers_keep_one_chain(place: str) -> None:
    """Two processes append at once; nobody gives up, and no entry is lost."""
    store(place)
    programs = [
        subprocess.Popen([sys.executable, "-c", WRITER, place, "15", name], cwd=ROOT)
        for name in ("ann", "bob")
    ]
    assert [0, 0] == [p.wait(300) for p in programs]
    database = store(place)
    found = database.verify()
    assert found.sound, found.faults
    with database.reading() as r:
        assert {"ann": 15, "bob": 15} == {
            n: len([e for e in r.rows("audit", person=n) if e["subject_table"] == "notes"])
            for n in ("ann", "bob")
        }


def test_two_openers_make_one_store(place: str) -> None:
    programs = [subprocess.Popen([sys.executable, "-c", WRITER, place, "1", name], cwd=ROOT) for name in "ab"]
    assert [0, 0] == [p.wait(300) for p in programs]
    assert store(place).verify().sound


def test_another_key_is_refused(place: str) -> None:
    store(place)
    with pytest.raises(StateError, match="made with another key"):
        store(place, b"x" * 32)


def test_newer_schema_is_refused(place: str) -> None:
    with tampering(store(place)) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StateError, match="schema 9999, which this version of Stillwatch does not know"):
        store(place)


def test_foreign_database_is_refused_and_untouched(place: str) -> None:
    database = store(place)
    with tampering(database) as connection:
        for name in (*sql_tables(), "alembic_version"):
            connection.execute(sa.text(f"DROP TABLE {name}"))
        connection.execute(sa.text("CREATE TABLE customers (id integer)"))
    with pytest.raises(StateError, match="is a database of something else"):
        store(place)
    assert ["customers"] == sa.inspect(database.engine).get_table_names()


def test_store_that_is_not_there(tmp_path: Path, postgres: Server) -> None:
    for place in (str(tmp_path / "none.db"), postgres.database()):
        with pytest.raises(InputError, match="there is no case store"):
            open_database(place, MASTER, stamp())
    assert [] == list(tmp_path.iterdir())


def test_postgres_that_is_not_there() -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        store("postgresql://x@127.0.0.1:1/cases")


def test_password_is_not_told() -> None:
    with pytest.raises(InputError) as told:
        store("postgresql://x:hunter2@127.0.0.1:1/cases")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x@y/z",
        "postgresql://[",
        "://",
        "postgresql://host/db",
        "postgresql://x@host",
        "postgresql://x@host/db?a=1",
        "postgresql://x@host/db?sslmode=maybe",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError):
        store(url)


def test_certificate_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sslrootcert cannot be read"):
        store(f"postgresql://x@127.0.0.1:1/d?sslmode=verify-full&sslrootcert={tmp_path}/none.pem")


def test_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear customer,\n" * 100)
    with pytest.raises(StateError, match="is no SQLite database"):
        store(path)


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        store(tmp_path)


def test_read_only_store_can_be_read_and_not_written(tmp_path: Path) -> None:
    filled(tmp_path / "cases.db")
    database = store(f"sqlite:///file:{tmp_path}/cases.db?mode=ro&uri=true")
    assert database.verify().sound
    with pytest.raises(ResourceError, match="may not be written"), database.writing(stamp()) as w:
        note(w)


def test_older_schema_is_brought_up(tmp_path: Path) -> None:
    """A store whose chain has begun and whose schema is the newest is not migrated again."""
    store(tmp_path / "cases.db")
    store(tmp_path / "cases.db")
    with store(tmp_path / "cases.db").reading() as r:
        migrated = [e["subject"] for e in r.rows("audit", action="migrate")]
    assert [newest()] == migrated


def test_emptied_chain_is_no_chain(tmp_path: Path) -> None:
    database = filled(tmp_path / "cases.db")
    with tampering(database) as connection:
        connection.execute(sa.text("DELETE FROM audit"))
    with (
        pytest.raises(StateError, match="audit chain of this case store is empty"),
        database.writing(stamp()) as w,
    ):
        note(w)
    assert not database.verify().sound


def test_nothing_readable_is_stored(tmp_path: Path) -> None:
    """Neither texts nor keys stand in the file, and only its owner may read it."""
    database = filled(tmp_path / "cases.db")
    content = (tmp_path / "cases.db").read_bytes()
    assert b"pupils" not in content
    assert MASTER not in content
    assert 0o600 == (tmp_path / "cases.db").stat().st_mode & 0o777
    assert "010203" not in repr(database)


def test_destroyed_key_is_overwritten(tmp_path: Path) -> None:
    database = filled(tmp_path / "cases.db")
    with database.reading() as r:
        key = r.rows("data_keys")[0]
    with database.writing(stamp(9)) as w:
        w.destroy([key["key_id"]])
    assert key["wrapped"] not in (tmp_path / "cases.db").read_bytes()


def test_damaged_page_is_reported(tmp_path: Path) -> None:
    database = filled(tmp_path / "cases.db", notes=40)
    path = tmp_path / "cases.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    assert not database.verify().sound
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() != ("ok",)
