"""A scan in Spark gives the rows that DuckDB gives, and every statement of a scan can run in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.datasets import traffic
from tests.sparks import differing, duck_scan, in_row_groups, spark_scan, with_households

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.store.duck import DuckTables
from stillwatch.store.results import read_table
from stillwatch.store.spark.dialect import aggregated, parsed, replaced, spark_sql, tables_of
from stillwatch.store.spark.tables import PER_EXCHANGE, Limits


def translated(sql: str) -> int:
    """How many statements go to Spark for this one: none, itself, or the aggregates it can be split into."""
    tree = parsed(sql).tree
    if not tables_of(tree) & PER_EXCHANGE:
        return 0
    far = [node for node in aggregated(tree) if tables_of(node) & PER_EXCHANGE]
    rest = replaced(tree, far, [f"part_{i}" for i in range(len(far))])
    if not tables_of(rest) & PER_EXCHANGE:
        return sum(translated(node.this.sql(dialect="duckdb")) for node in far)
    assert spark_sql(tree, str)
    return 1


def test_every_statement_of_a_scan_has_a_translation(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that Spark does not share may stand only where no table with a row for each exchange is read."""
    asked: list[str] = []
    for name in ("define", "query", "numpy"):
        run = getattr(DuckTables, name)

        def noted(self: DuckTables, *given: str, run: object = run) -> object:
            asked.append(given[-1])
            return run(self, *given)  # type: ignore[operator]

        monkeypatch.setattr(DuckTables, name, noted)
    data = traffic(residents=60).write(tmp_path / "data")
    scan(data, tmp_path / "out", ScanSettings(key_file=key, quiet=True, report=False))
    assert 40 < sum(translated(sql) for sql in asked if "_incoming" not in sql)


def test_every_result_table_is_the_same(tmp_path: Path, key: Path) -> None:
    """With two tasks at a time on this machine, which also look for linked pairs; tests/long has what the driver does
    itself, clusters, Spark Connect and skewed keys."""
    known = with_households(traffic(residents=360))
    data = in_row_groups(known, tmp_path / "data", files=2, rows=400)
    out = spark_scan(data, tmp_path / "out", key, limits=Limits(pairs=0))
    assert [] == differing(duck_scan(data, tmp_path / "duck", key), out)
    members = read_table(out, "members")["account_id"].to_pylist()
    assert known.planted <= set(members)
    assert 40 < len(read_table(out, "campaigns"))  # most of them are households
