"""Reading a result folder."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch.app.report.results import read_results
from stillwatch.model.errors import InputError, SchemaError


def test_rows_come_in_the_order_of_their_key(folder: Path) -> None:
    ids = [row["campaign_id"] for row in read_results(folder).rows("campaigns")]
    assert ids == sorted(ids)


def test_an_absent_table_has_no_rows(folder: Path) -> None:
    (folder / "indicators.parquet").unlink()
    assert read_results(folder).rows("indicators") == ()


def test_an_absent_optional_column_reads_as_null(folder: Path) -> None:
    path = folder / "campaigns.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["statement"]), path)
    assert {row["statement"] for row in read_results(folder).rows("campaigns")} == {None}


def test_nobody_is_called_a_harvester_outside_a_distillation_campaign(folder: Path) -> None:
    read = read_results(folder)
    accused = {c["campaign_id"] for c in read.rows("campaigns") if c["verdict"] == "distillation"}
    assert {m["campaign_id"] for m in read.rows("members") if m["role"] == "harvester"} == accused


def test_a_folder_without_results_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no campaigns\.parquet.*--out"):
        read_results(tmp_path)


def test_a_damaged_table_is_named(folder: Path) -> None:
    (folder / "members.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match=r"members\.parquet: cannot be read"):
        read_results(folder)


def test_a_missing_required_column_is_named(folder: Path) -> None:
    path = folder / "members.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["role"]), path)
    with pytest.raises(SchemaError, match="column 'role' is missing"):
        read_results(folder)


def test_a_damaged_summary_is_named(folder: Path) -> None:
    (folder / "summary.json").write_text("{")
    with pytest.raises(InputError, match=r"summary\.json"):
        read_results(folder)
