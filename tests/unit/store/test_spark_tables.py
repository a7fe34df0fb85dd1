"""Tables on the driver of Spark need no Spark; settings are checked before one is started."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.model.errors import UsageError
from stillwatch.store.duck import DuckTables
from stillwatch.store.packages import need
from stillwatch.store.spark.job import KIND, columns_of, runner, union_schema
from stillwatch.store.spark.session import read_conf
from stillwatch.store.spark.tables import NEAR, PAIRS, SparkTables, limits_of


def test_small_tables_never_leave_the_driver(t: DuckTables, tmp_path: Path) -> None:
    """There is no session at all, and every method works."""
    tables = SparkTables(t, None, tmp_path)
    tables.put("x", pa.table({"a": [1, 2], "b": [None, 5]}))
    tables.define("y", "SELECT a, b FROM x WHERE b IS NOT NULL")
    assert (True, True, ("a", "b"), 1) == (
        tables.has("y"), tables.on_driver("y"), tables.columns("y"), tables.rows("y"),
    )  # fmt: skip
    assert [{"a": 2, "b": 5}] == tables.query("SELECT * FROM y").to_pylist()
    assert [2] == tables.numpy("SELECT a FROM y")["a"].tolist()
    tables.extend("y", "SELECT 6 AS b, 3 AS a")
    tables.rename("y", "z")
    assert (False, 2) == (tables.has("y"), tables.rows("z"))
    tables.drop("z")
    assert not tables.has("z")


def test_rows_of_several_tables_travel_as_one() -> None:
    tables = {
        "x": pa.schema([("a", pa.int64())]),
        "y": pa.schema([("b", pa.large_string()), ("a", pa.int64())]),
    }

    def work(part: str):  # type: ignore[no-untyped-def]
        yield "x", pa.RecordBatch.from_pydict({"a": [1, 2]})
        yield "y", pa.RecordBatch.from_pydict({"b": pa.array([part], pa.large_string()), "a": [3]})

    numbers = pa.RecordBatch.from_pydict({"id": [1]})
    rows = pa.Table.from_batches(runner(["no", "yes"], work, tables)([numbers]), union_schema(tables))
    assert [(0, 1, None), (0, 2, None), (1, 3, "yes")] == [tuple(r.values()) for r in rows.to_pylist()]
    assert f"`{KIND}` TINYINT, `a` BIGINT, `b` STRING" == columns_of(union_schema(tables))


def test_limits_of_a_small_driver() -> None:
    assert (500, 500) == (limits_of(500).near, limits_of(500).most)
    assert NEAR == limits_of(NEAR * 10).near
    assert (PAIRS, 7) == (limits_of(500).pairs, limits_of(500, 7).pairs)


def test_a_shared_folder_is_there_while_it_is_needed(t: DuckTables, tmp_path: Path) -> None:
    with SparkTables(t, None, tmp_path).shared_folder() as folder:
        assert folder.is_dir()
    assert not folder.exists()


@pytest.mark.parametrize("value", ["spark.executor.memory", "executor.memory=8g", "="])
def test_a_setting_that_is_none(value: str) -> None:
    with pytest.raises(UsageError, match="no setting of Spark"):
        read_conf([value])


def test_settings_may_hold_signs() -> None:
    assert {"spark.x": "a=b", "spark.y": ""} == read_conf(["spark.x=a=b", "spark.y="])


def test_a_package_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"stillwatch\[spark\]"):
        need("no_such_package.part")
