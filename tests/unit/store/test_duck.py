"""The engine: rows in and out, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.model.errors import ResourceError, SchemaError, StillwatchError
from stillwatch.store.duck import DuckTables, open_duck


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    with open_duck(tmp_path) as tables:
        yield tables


def test_rows_come_back(t: DuckTables) -> None:
    t.put("x", pa.table({"a": [1, 2]}))
    t.append("x", pa.table({"a": [3]}))
    assert [1, 2, 3] == t.query("SELECT a FROM x ORDER BY a")["a"].to_pylist()
    assert (True, ("a",), 3) == (t.has("x"), t.columns("x"), t.rows("x"))


def test_the_engine_prints_nothing(t: DuckTables) -> None:
    assert [False] == t.query("SELECT current_setting('enable_progress_bar') AS shown")["shown"].to_pylist()


def test_append_makes_the_table(t: DuckTables) -> None:
    t.append("x", pa.table({"a": [3]}))
    assert 1 == t.rows("x")


def test_put_replaces(t: DuckTables) -> None:
    t.put("x", pa.table({"a": [1]}))
    t.put("x", pa.table({"b": ["y"]}))
    assert ("b",) == t.columns("x")


def test_batches_can_be_read_while_others_are_written(t: DuckTables) -> None:
    t.put("x", pa.table({"a": list(range(10))}))
    reader = t.batches("SELECT a FROM x ORDER BY a", rows=4)
    t.put("y", pa.table({"a": [1]}))
    assert list(range(10)) == reader.read_all()["a"].to_pylist()


def test_more_rows_by_name(t: DuckTables) -> None:
    t.put("x", pa.table({"a": [1], "b": ["y"]}))
    t.extend("x", "SELECT 'z' AS b, 2 AS a")
    assert [(1, "y"), (2, "z")] == [
        (r["a"], r["b"]) for r in t.query("SELECT * FROM x ORDER BY a").to_pylist()
    ]


def test_a_table_takes_the_name_of_another(t: DuckTables) -> None:
    t.put("x", pa.table({"a": [1]}))
    t.put("y", pa.table({"a": [2, 3]}))
    t.rename("y", "x")
    assert (2, False) == (t.rows("x"), t.has("y"))


def test_a_table_of_a_finished_layer_stays_under_its_name(t: DuckTables, tmp_path: Path) -> None:
    t.begin_layer(tmp_path / "1.duckdb")
    t.put("x", pa.table({"a": [1]}))
    t.end_layer()
    t.begin_layer(tmp_path / "2.duckdb")
    t.rename("x", "y")
    t.extend("y", "SELECT 2 AS a")
    assert (1, 2) == (t.rows("x"), t.rows("y"))
    t.forget_layers()


def test_a_table_below_a_layer_that_is_written_stays_where_it_is(t: DuckTables, tmp_path: Path) -> None:
    t.put("x", pa.table({"a": [1]}))
    t.begin_layer(tmp_path / "1.duckdb")
    t.extend("x", "SELECT 2 AS a")
    t.rename("x", "y")
    assert (2, 2) == (t.rows("x"), t.rows("y"))
    t.forget_layers()


def test_dropped_tables_are_gone(t: DuckTables) -> None:
    t.put("x", pa.table({"a": [1]}))
    t.drop("x")
    t.drop("x")
    assert not t.has("x")


def test_times_come_back_in_utc(t: DuckTables) -> None:
    times = pa.array([0], pa.timestamp("us", tz="UTC"))
    t.put("x", pa.table({"ts": times}))
    assert times.type == t.query("SELECT ts FROM x")["ts"].type


def test_an_error_of_a_stream_comes_out_as_it_was(t: DuckTables) -> None:
    def rows() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": [1]})
        raise SchemaError("wrong", where="here", remedy="Mend it")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), rows())
    with pytest.raises(SchemaError, match="here: wrong"):
        t.put("x", reader)
    assert not t.has("x")


def test_a_faulty_statement_is_named(t: DuckTables) -> None:
    with pytest.raises(StillwatchError, match="nowhere"):
        t.query("SELECT * FROM nowhere")


def test_too_little_memory_is_said_to_be_that(tmp_path: Path) -> None:
    with open_duck(tmp_path, memory="8MB", threads=1) as t, pytest.raises(ResourceError, match="--memory"):
        t.define("x", "SELECT list(i) AS a FROM range(20000000) r(i)")


def test_a_memory_limit_that_is_no_size(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="--memory"), open_duck(tmp_path, memory="plenty"):
        pass


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="scratch"), open_duck(tmp_path / "gone"):
        pass


def test_room_of_large_tables_is_used_again(t: DuckTables, tmp_path: Path) -> None:
    """What is replaced or dropped many times takes little more room than once."""
    sizes = []
    for times in (1, 8):
        file = tmp_path / f"{times}.duckdb"
        t.begin_layer(file)
        for i in range(times):
            t.define("large", f"SELECT hash(i + {i}) AS h FROM range(200_000) AS r(i)")
            t.define("passing", "SELECT hash(h) AS h FROM large")
            t.drop("passing")
        t.end_layer()
        sizes.append(file.stat().st_size)
    t.forget_layers()
    once, often = sizes
    assert often < 2 * once
