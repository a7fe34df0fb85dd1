"""Stages that were finished are found again by the scan they belong to, and by no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.model.errors import InputError, MemoryLimitError, ResourceError
from stillwatch.store.duck import DuckTables, open_duck
from stillwatch.store.kept import kept_stages

OWNER = {"input": "abc"}


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    (tmp_path / "scratch").mkdir()
    with open_duck(tmp_path / "scratch") as tables:
        yield tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".out.stages"


def stopped(t: DuckTables, folder: Path, error: type[BaseException] = KeyboardInterrupt) -> None:
    """Two stages finished, the third begun."""
    with pytest.raises(error), kept_stages(folder, OWNER, t) as kept:
        with kept.stage("read") as values:
            t.put("x", pa.table({"a": [1, 2]}))
            values["rows"] = 2
        with kept.stage("double"):
            t.define("x", "SELECT a * 2 AS a FROM x")
        with kept.stage("third"):
            t.put("y", pa.table({"a": [0]}))
            raise error("stopped")
    t.forget_layers()


def numbers(t: DuckTables) -> list[int]:
    found: list[int] = t.query("SELECT a FROM x ORDER BY a")["a"].to_pylist()
    return found


def test_an_interrupted_run_goes_on_behind_its_last_stage(t: DuckTables, folder: Path) -> None:
    stopped(t, folder)
    with kept_stages(folder, OWNER, t) as kept:
        assert ("read", "double") == kept.names
        assert {"rows": 2} == kept.take("read")
        assert [1, 2] == numbers(t)
        assert {} == kept.take("double")
        assert [2, 4] == numbers(t)
        assert kept.take("third") is None
        assert not t.has("y")
        with kept.stage("third"):
            t.define("y", "SELECT sum(a) AS a FROM x")
        assert [6] == t.query("SELECT a FROM y")["a"].to_pylist()
    assert not folder.exists()


def test_after_the_last_stage_tables_can_be_made(t: DuckTables, folder: Path) -> None:
    with kept_stages(folder, OWNER, t) as kept:
        with kept.stage("read"):
            t.put("x", pa.table({"a": [1]}))
        t.define("x", "SELECT a + 1 AS a FROM x")
        assert [2] == numbers(t)
        t.drop("x")
        assert [1] == numbers(t)


def test_stages_of_another_owner_are_removed(t: DuckTables, folder: Path) -> None:
    stopped(t, folder)
    with kept_stages(folder, {"input": "other"}, t) as kept:
        assert () == kept.names
        assert ["made-by.json"] == [p.name for p in folder.iterdir()]


@pytest.mark.parametrize("spoilt", ["01.duckdb", "01.json", "02.duckdb", "02.json"])
def test_stages_count_up_to_the_first_that_is_not_whole(t: DuckTables, folder: Path, spoilt: str) -> None:
    stopped(t, folder)
    path = folder / spoilt
    path.write_bytes(path.read_bytes()[:-20])
    with kept_stages(folder, OWNER, t) as kept:
        assert (() if spoilt.startswith("01") else ("read",)) == kept.names


def test_a_file_of_the_right_length_that_is_no_database_is_no_stage(t: DuckTables, folder: Path) -> None:
    stopped(t, folder)
    path = folder / "02.duckdb"
    path.write_bytes(bytes(path.stat().st_size))
    with kept_stages(folder, OWNER, t) as kept:
        assert ("read",) == kept.names


@pytest.mark.parametrize("limit", [MemoryLimitError, ResourceError])
def test_stages_outlive_the_limits_of_memory_and_disk(
    t: DuckTables, folder: Path, limit: type[ResourceError]
) -> None:
    """And what was not finished takes no room."""
    stopped(t, folder, limit)
    assert ["01.duckdb", "01.json", "02.duckdb", "02.json", "made-by.json"] == sorted(
        p.name for p in folder.iterdir()
    )
    with kept_stages(folder, OWNER, t) as kept:
        assert ("read", "double") == kept.names


def test_the_limit_of_memory_in_the_first_stage_leaves_nothing(t: DuckTables, folder: Path) -> None:
    with pytest.raises(MemoryLimitError), kept_stages(folder, OWNER, t) as kept, kept.stage("read"):
        t.put("x", pa.table({"a": [1]}))
        raise MemoryLimitError("stopped")
    assert not folder.exists()


def test_an_error_of_the_input_leaves_no_stages(t: DuckTables, folder: Path) -> None:
    stopped(t, folder, InputError)
    assert not folder.exists()


def test_others_may_not_read_the_stages(t: DuckTables, folder: Path) -> None:
    with kept_stages(folder, OWNER, t):
        assert 0o700 == folder.stat().st_mode & 0o777
