"""Result folders are there whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.model.errors import InputError, ResourceError
from stillwatch.model.tables import TABLES
from stillwatch.store.results import read_table, results_folder, write_json, write_table


def finish(out: Path, text: str) -> None:
    with results_folder(out) as fresh:
        write_json(fresh, "summary.json", {"text": text})


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    with results_folder(tmp_path / "out") as fresh:
        write_json(fresh, "summary.json", {})
        assert not (tmp_path / "out").exists()
    assert ["out"] == names(tmp_path)


def test_an_error_leaves_the_earlier_results(tmp_path: Path) -> None:
    finish(tmp_path / "out", "first")
    with pytest.raises(InputError), results_folder(tmp_path / "out"):
        raise InputError("broken")
    assert "first" in (tmp_path / "out" / "summary.json").read_text("utf-8")
    assert ["out"] == names(tmp_path)


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), results_folder(tmp_path / "out"):
        raise KeyboardInterrupt
    assert [] == names(tmp_path)


def test_results_killed_between_the_renames_come_back(tmp_path: Path) -> None:
    finish(tmp_path / "out", "first")
    (tmp_path / "out").rename(tmp_path / ".out.0123456789ab.old")
    (tmp_path / ".out.0123456789ab.partial").mkdir()
    with pytest.raises(InputError), results_folder(tmp_path / "out"):
        raise InputError("broken")
    assert "first" in (tmp_path / "out" / "summary.json").read_text("utf-8")
    assert ["out"] == names(tmp_path)


def test_leftovers_of_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".other.0123456789ab.partial").mkdir()
    finish(tmp_path / "out", "first")
    assert [".other.0123456789ab.partial", "out"] == names(tmp_path)


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    finish(tmp_path / "out", "first")
    assert ["summary.json"] == names(tmp_path / "out")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_space_is_said_to_be_that(tmp_path: Path, code: int) -> None:
    with pytest.raises(ResourceError, match="disk is full"), results_folder(tmp_path / "out"):
        raise OSError(code, "no")
    assert [] == names(tmp_path)


def test_tables_are_written_sorted_in_their_schema(tmp_path: Path) -> None:
    rows = {
        "campaign_id": ["b", "a"],
        "hypothesis": ["x", "x"],
        "log2_lr": [1.0, 2.0],
        "posterior": [0.5, 0.5],
    }
    rows |= {"posterior": [0.5, 0.5], "main_evidence": ["", ""], "missing_evidence": ["", ""]}
    write_table(tmp_path, "hypotheses", pa.table(rows))
    found = pq.read_table(tmp_path / "hypotheses.parquet")
    assert TABLES["hypotheses"].schema == found.schema
    assert b"1" == found.schema.metadata[b"stillwatch.schema"]
    assert ["a", "b"] == found["campaign_id"].to_pylist()


def test_bytes_do_not_depend_on_chunks(tmp_path: Path) -> None:
    rows = pa.table(
        {
            "campaign_id": [f"c{i}" for i in range(5000)],
            "feature": ["x"] * 5000,
            "family": ["content"] * 5000,
            "value": [i / 5000 for i in range(5000)],
            "n": list(range(5000)),
        }
    )
    pieces = pa.concat_tables([rows.slice(0, 13), rows.slice(13, 2000), rows.slice(2013)])
    one = write_table(tmp_path, "measurements", rows).read_bytes()
    assert one == write_table(tmp_path, "measurements", pieces).read_bytes()


def test_a_missing_table_reads_as_empty(tmp_path: Path) -> None:
    finish(tmp_path / "out", "")
    assert 0 == read_table(tmp_path / "out", "members").num_rows


def test_a_folder_without_summary_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"summary\.json"):
        read_table(tmp_path, "members")
