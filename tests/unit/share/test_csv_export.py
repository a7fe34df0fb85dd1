"""Result tables as CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_results import DISTILLATION, write_results

from stillwatch.model.errors import InputError, ResourceError
from stillwatch.model.tables import TABLES
from stillwatch.share.csv_export import write_csv


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results with hostile names."""
    return write_results(tmp_path_factory.mktemp("r"), plans=[DISTILLATION[0].sized(12)], hostile=True)


def rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_result_table_becomes_a_file(results: Path, tmp_path: Path) -> None:
    names = [t.name for t in TABLES.values() if t.stage == "result"]
    assert [f"{n}.csv" for n in names] == [p.name for p in write_csv(results, tmp_path)]


def test_columns_keep_name_and_order(results: Path, tmp_path: Path) -> None:
    write_csv(results, tmp_path)
    assert TABLES["members"].schema.names == list(rows(tmp_path / "members.csv")[0])


def test_a_cell_that_looks_like_a_formula_is_defused(results: Path, tmp_path: Path) -> None:
    write_csv(results, tmp_path)
    ids = [row["account_id"] for row in rows(tmp_path / "members.csv")]
    assert [i for i in ids if i.startswith("'=HYPERLINK")]
    assert not [i for i in ids if i.startswith("=")]


def test_raw_cells_are_left_as_they_are(results: Path, tmp_path: Path) -> None:
    write_csv(results, tmp_path, guard=False)
    assert [r for r in rows(tmp_path / "members.csv") if r["account_id"].startswith("=HYPERLINK")]


def test_lists_become_json_and_times_iso(results: Path, tmp_path: Path) -> None:
    write_csv(results, tmp_path)
    row = rows(tmp_path / "campaigns.csv")[0]
    assert json.loads(row["capabilities"]) == ["reasoning", "solutions", "evolution"]
    assert json.loads(row["phases"])[0]["kind"] == "start"
    assert row["first_seen"] == "2026-02-03T00:00:00.000000Z"


def test_a_folder_without_results_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no campaigns\.parquet"):
        write_csv(tmp_path, tmp_path / "out")


def test_a_place_that_is_a_file_is_one_clear_error(results: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        write_csv(results, tmp_path / "taken")


def test_a_file_that_cannot_be_replaced_leaves_no_part(results: Path, tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").mkdir()
    with pytest.raises(ResourceError):
        write_csv(results, tmp_path)
    assert not list(tmp_path.glob(".*"))
