"""Datasets read as their schema says, whatever the files are like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.model.errors import InputError, SchemaError
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.store.dataset import Dataset, open_dataset

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rows(many: int = 2, **columns: pa.Array) -> pa.Table:
    """Exchanges with the required columns and these."""
    return pa.table(
        {
            "exchange_id": [f"r{i}" for i in range(many)],
            "ts": pa.array([NOON] * many, pa.timestamp("us", tz="UTC")),
            "account_id": ["a"] * many,
            "model": ["m"] * many,
            **columns,
        }
    )


def with_ts(values: pa.Array) -> pa.Table:
    table = rows(len(values))
    return table.set_column(1, "ts", values)


def dataset(folder: Path, table: pa.Table) -> Dataset:
    pq.write_table(table, folder / "exchanges.parquet")
    return open_dataset(folder)


def test_batches_have_every_column_of_the_schema(tmp_path: Path) -> None:
    (batch,) = dataset(tmp_path, rows()).batches("exchanges")
    assert EXCHANGES.schema.names == batch.schema.names
    assert 2 == batch.column("prompt_text").null_count


def test_unknown_columns_are_ignored(tmp_path: Path) -> None:
    found = dataset(tmp_path, rows(shoe_size=pa.array([40, 41])))
    assert EXCHANGES.required == found.present("exchanges")


def test_named_columns_only(tmp_path: Path) -> None:
    (batch,) = dataset(tmp_path, rows()).batches("exchanges", columns=["account_id", "prompt_text"])
    assert ["account_id", "prompt_text"] == batch.schema.names


def test_a_column_that_no_file_holds_keeps_the_number_of_rows(tmp_path: Path) -> None:
    (batch,) = dataset(tmp_path, rows(5)).batches("exchanges", columns=["prompt_text"])
    assert (5, 5) == (batch.num_rows, batch.column(0).null_count)


@pytest.mark.parametrize(
    "ts",
    [
        pa.array([NOON.replace(tzinfo=None)], pa.timestamp("ns")),
        pa.array([NOON], pa.timestamp("ms", tz="UTC")),
        pa.array([NOON], pa.timestamp("s", tz="Asia/Tokyo")),
    ],
    ids=["without zone", "milliseconds", "another zone"],
)
def test_times_in_other_units_and_zones(tmp_path: Path, ts: pa.Array) -> None:
    (batch,) = dataset(tmp_path, with_ts(ts)).batches("exchanges")
    assert [NOON] == batch.column("ts").to_pylist()


def test_narrow_and_wide_types_convert(tmp_path: Path) -> None:
    columns = {
        "prompt_text": pa.array(["x", "y"], pa.string()),
        "output_tokens": pa.array([1, 2], pa.int64()),
        "user_agent": pa.array(["u", "u"]).dictionary_encode(),
    }
    (batch,) = dataset(tmp_path, rows(**columns)).batches("exchanges")
    assert [EXCHANGES.schema.field(c).type for c in columns] == [batch.column(c).type for c in columns]


def test_number_too_large_for_its_column(tmp_path: Path) -> None:
    found = dataset(tmp_path, rows(output_tokens=pa.array([1, 2**40])))
    with pytest.raises(SchemaError, match="output_tokens"):
        list(found.batches("exchanges"))


def test_parts_are_read_in_order_of_name_with_the_columns_of_each(tmp_path: Path) -> None:
    (tmp_path / "exchanges").mkdir()
    pq.write_table(rows(2, model=pa.array(["late"] * 2)), tmp_path / "exchanges" / "b.parquet")
    pq.write_table(rows(1), tmp_path / "exchanges" / "a.parquet")
    pq.write_table(rows(1, prompt_text=pa.array(["hello"])), tmp_path / "exchanges" / "c.parquet")
    found = open_dataset(tmp_path)
    read = found.read("exchanges")
    assert ["m", "late", "late", "m"] == read["model"].to_pylist()
    assert [None, None, None, "hello"] == read["prompt_text"].to_pylist()
    assert "prompt_text" in found.present("exchanges")
    assert 4 == found.rows("exchanges")


def test_a_bad_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "exchanges").mkdir()
    pq.write_table(rows(1), tmp_path / "exchanges" / "a.parquet")
    pq.write_table(rows(1).drop_columns(["model"]), tmp_path / "exchanges" / "b.parquet")
    with pytest.raises(SchemaError, match=r"b\.parquet.*'model'"):
        open_dataset(tmp_path)


def test_tables_that_are_not_there_read_as_empty(tmp_path: Path) -> None:
    found = dataset(tmp_path, rows())
    assert (False, 0, 0) == (found.has("accounts"), found.rows("accounts"), found.read("accounts").num_rows)
    assert () == found.present("accounts")


def test_damaged_second_table_is_found_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "accounts.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"accounts\.parquet"):
        dataset(tmp_path, rows())


def test_folders_name_columns_that_the_files_lack(tmp_path: Path) -> None:
    for model, where in (("m%2D1", "day=2026-03-02"), ("__HIVE_DEFAULT_PARTITION__", "day=2026-03-03")):
        place = tmp_path / "exchanges" / f"provider=x/response_model={model}/{where}"
        place.mkdir(parents=True)
        pq.write_table(rows(1), place / "part.parquet")
    found = open_dataset(tmp_path)
    assert {"m-1", None} == set(found.read("exchanges")["response_model"].to_pylist())
    assert "response_model" in found.present("exchanges")
    assert "day" not in found.present("exchanges")


def test_a_file_wins_over_the_names_of_its_folders(tmp_path: Path) -> None:
    place = tmp_path / "exchanges/model=other"
    place.mkdir(parents=True)
    pq.write_table(rows(1), place / "part.parquet")
    assert ["m"] == open_dataset(tmp_path).read("exchanges")["model"].to_pylist()


def test_a_required_column_may_stand_in_the_names_of_folders(tmp_path: Path) -> None:
    place = tmp_path / "exchanges/model=m-9"
    place.mkdir(parents=True)
    pq.write_table(rows(2).drop_columns(["model"]), place / "part.parquet")
    (batch,) = open_dataset(tmp_path).batches("exchanges", columns=["model"])
    assert ["m-9", "m-9"] == batch.column(0).to_pylist()


def test_rows_at_positions_come_from_the_files_that_hold_them(tmp_path: Path) -> None:
    (tmp_path / "exchanges").mkdir()
    for n in range(3):
        part = rows(4).set_column(0, "exchange_id", pa.array([f"{n}-{i}" for i in range(4)]))
        pq.write_table(part, tmp_path / f"exchanges/{n}.parquet")
    found = open_dataset(tmp_path).rows_at("exchanges", np.array([1, 9, 11]), columns=["exchange_id"])
    assert ["0-1", "2-1", "2-3"] == found["exchange_id"].to_pylist()


@pytest.mark.parametrize("before", [None, NOON + timedelta(minutes=25)])
def test_pieces_are_the_table_in_order(
    tmp_path: Path, before: datetime | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row groups are put together up to a size; what is not known yet is left out in each piece too."""
    monkeypatch.setattr("stillwatch.store.pieces.PIECE_ROWS", 10)
    (tmp_path / "exchanges").mkdir()
    for i in range(2):
        times = [NOON + timedelta(minutes=20 * i + k) for k in range(20)]
        table = with_ts(pa.array(times, pa.timestamp("us", tz="UTC")))
        pq.write_table(table, tmp_path / "exchanges" / f"{i}.parquet", row_group_size=4)
    data = replace(Dataset(tmp_path), before=before)
    pieces = data.pieces("exchanges")
    assert [(0, 1), (2, 3), (4,)] * 2 == [piece.groups for piece in pieces]
    parts = [batch for piece in pieces for batch in data.batches("exchanges", piece=piece)]
    assert data.read("exchanges").equals(pa.Table.from_batches(parts))
    at = np.array([0, 3, 4, 9, 10, 19, 20, len(data.read("exchanges")) - 1])
    found = data.rows_at("exchanges", at, columns=["exchange_id", "ts"], threads=2)
    assert found.equals(data.read("exchanges").select(["exchange_id", "ts"]).take(at))
