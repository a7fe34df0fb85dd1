"""The store only grows, and refuses to be another file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.unit.share.taxii.conftest import FINDINGS, START, campaign

from stillwatch.model.errors import ResourceError, StateError
from stillwatch.share.taxii.filters import read_page
from stillwatch.share.taxii.store import TABLES, TaxiiStore


@pytest.fixture
def store(tmp_path: Path) -> TaxiiStore:
    """A store with one object."""
    made = TaxiiStore(tmp_path / "taxii.sqlite")
    made.add(FINDINGS, [campaign(1)], sender="us", at=START)
    return made


def test_rows_cannot_be_changed_or_deleted(store: TaxiiStore) -> None:
    store.put_status({"id": "s"}, sender="us", at=START)
    store.remove(FINDINGS, read_page([("match[version]", "all")], most=1), sender="us", at=START)
    con = sqlite3.connect(store.path)
    for statement in (
        "DELETE FROM objects",
        "UPDATE objects SET body = ''",
        "DELETE FROM removed",
        "DELETE FROM statuses",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only added"):
            con.execute(statement)
    con.close()


def test_every_table_is_guarded(store: TaxiiStore) -> None:
    con = sqlite3.connect(store.path)
    names = {row[0] for row in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    con.close()
    assert {f"{t}_{v}" for t in TABLES for v in ("UPDATE", "DELETE")} == names


def test_objects_are_added_all_or_none(store: TaxiiStore) -> None:
    with pytest.raises(KeyError):
        store.add(FINDINGS, [campaign(2), {"id": "x"}], sender="us", at=START)
    assert not store.has(FINDINGS, campaign(2)["id"])


def test_what_was_kept_is_there_when_opened_again(store: TaxiiStore) -> None:
    assert TaxiiStore(store.path).has(FINDINGS, campaign(1)["id"])


def test_a_removed_object_can_be_added_again(store: TaxiiStore) -> None:
    page = read_page([("match[version]", "all")], most=1)
    assert 1 == store.remove(FINDINGS, page, sender="us", at=START)
    assert 1 == store.add(FINDINGS, [campaign(1)], sender="us", at=START)
    assert store.has(FINDINGS, campaign(1)["id"])


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    con = sqlite3.connect(tmp_path / "other.sqlite")
    con.execute("CREATE TABLE t (a)")
    con.commit()
    con.close()
    with pytest.raises(StateError, match="no TAXII store"):
        TaxiiStore(tmp_path / "other.sqlite")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello" * 1_000)
    with pytest.raises(ResourceError, match="cannot be used"):
        TaxiiStore(tmp_path / "text")
