"""The same input gives the same bytes, whatever the order of its rows and the number of its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.datasets import Traffic, files_of, shuffled
from tests.scenarios.conftest import Scanned

MEASURED = ("timings", "peak_memory_bytes")  # what a clock or the machine decides


def contents(results: Path) -> dict[str, bytes]:
    """Every file of a result folder; of the summary, all that does not come from a clock."""
    held = {str(p.relative_to(results)): p.read_bytes() for p in files_of(results)}
    summary: dict[str, Any] = json.loads(held["summary.json"])
    kept = {name: value for name, value in summary.items() if name not in MEASURED}
    held["summary.json"] = json.dumps(kept).encode()
    return held


def same(one: Path, other: Path) -> None:
    left, right = contents(one), contents(other)
    assert sorted(left) == sorted(right)
    assert [] == [name for name in left if left[name] != right[name]]


def in_parts(folder: Path, name: str, rows: pa.Table, parts: int) -> None:
    (folder / name).mkdir(parents=True)
    size = -(-rows.num_rows // parts)
    for i in range(parts):
        pq.write_table(rows.slice(i * size, size), folder / name / f"part-{i:02d}.parquet", row_group_size=97)


def test_twice_the_same_bytes(scanned: Scanned, tmp_path: Path) -> None:
    same(scanned.results, scanned.again(scanned.data, tmp_path / "out"))


def test_shuffled_rows_in_several_files(scanned: Scanned, tmp_path: Path) -> None:
    tables = {name: shuffled(rows) for name, rows in scanned.traffic.tables.items()}
    exchanges = tables.pop("exchanges")
    rest = Traffic(tables, frozenset(), frozenset())
    data = rest.write(tmp_path / "data")
    in_parts(data, "exchanges", exchanges, 5)
    same(scanned.results, scanned.again(data, tmp_path / "out"))


def test_accounts_and_instruments_listed_twice(scanned: Scanned, tmp_path: Path) -> None:
    doubled = {n: pa.concat_tables([scanned.traffic.tables[n]] * 2) for n in ("accounts", "instruments")}
    same(
        scanned.results,
        scanned.again(scanned.traffic.but(**doubled).write(tmp_path / "data"), tmp_path / "out"),
    )


def test_one_thread_or_many(scanned: Scanned, tmp_path: Path) -> None:
    from_one = scanned.again(scanned.data, tmp_path / "out", threads=1)
    same(scanned.results, from_one)


def test_a_result_folder_is_replaced(scanned: Scanned, tmp_path: Path) -> None:
    out = scanned.again(scanned.data, tmp_path / "out")
    (out / "stale.txt").write_text("from an earlier version", encoding="utf-8")
    same(scanned.results, scanned.again(scanned.data, out))


def test_duplicated_rows_count_once(scanned: Scanned, tmp_path: Path) -> None:
    exchanges = scanned.traffic.tables["exchanges"]
    doubled = scanned.traffic.but(exchanges=shuffled(pa.concat_tables([exchanges, exchanges.slice(0, 400)])))
    out = scanned.again(doubled.write(tmp_path / "data"), tmp_path / "out")
    left, right = contents(scanned.results), contents(out)
    assert {"summary.json", "report.html"} >= {name for name in left if left[name] != right[name]}
    assert 400 == json.loads((out / "summary.json").read_text("utf-8"))["input"]["duplicates"]


@pytest.mark.parametrize("name", ["exchanges", "accounts"])
def test_other_codings_of_the_same_columns(scanned: Scanned, tmp_path: Path, name: str) -> None:
    rows = scanned.traffic.tables[name]
    coded = [
        column.dictionary_encode() if pa.types.is_string(column.type) else column for column in rows.columns
    ]
    other = scanned.traffic.but(**{name: pa.table(coded, names=rows.column_names)})
    same(scanned.results, scanned.again(other.write(tmp_path / "data"), tmp_path / "out"))
