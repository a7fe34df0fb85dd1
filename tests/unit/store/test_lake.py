"""Delta and Iceberg tables: the files of their present state, or a refusal."""

from __future__ import annotations

from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from tests.unit.store.test_dataset import rows

from stillwatch.model.errors import InputError
from stillwatch.store.dataset import Dataset
from stillwatch.store.lake import lake_files


def test_a_folder_of_files_is_no_lake(tmp_path: Path) -> None:
    pq.write_table(rows(), tmp_path / "part.parquet")
    assert lake_files(tmp_path, ()) is None


def test_delta_gives_the_files_of_its_present_state(tmp_path: Path) -> None:
    """Overwritten files are still in the folder, and are not read."""
    folder = tmp_path / "exchanges"
    deltalake.write_deltalake(str(folder), rows(5))
    deltalake.write_deltalake(str(folder), rows(2), mode="overwrite")
    deltalake.write_deltalake(str(folder), rows(3), mode="append")
    assert 3 == len(list(folder.glob("*.parquet")))
    assert 5 == Dataset(tmp_path).rows("exchanges")


def test_delta_partitioned_by_what_is_no_column_of_ours(tmp_path: Path) -> None:
    table = rows(4).append_column("day", pa.array(["1", "1", "2", "2"]))
    deltalake.write_deltalake(str(tmp_path / "exchanges"), table, partition_by=["day"])
    assert 4 == Dataset(tmp_path).read("exchanges").num_rows


def test_delta_partitioned_by_a_column_of_ours_is_refused(tmp_path: Path) -> None:
    """The values of that column stand in no file."""
    deltalake.write_deltalake(str(tmp_path / "exchanges"), rows(2), partition_by=["model"])
    with pytest.raises(InputError, match="partitioned by model"):
        Dataset(tmp_path).files("exchanges")


def test_delta_that_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "exchanges"
    deltalake.write_deltalake(str(folder), rows(2))
    next((folder / "_delta_log").glob("*.json")).write_text("nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        Dataset(tmp_path).files("exchanges")


def test_delta_with_deletion_vectors_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "exchanges"
    deltalake.write_deltalake(str(folder), rows(2), configuration={"delta.enableDeletionVectors": "true"})
    with pytest.raises(InputError, match="deletionVectors"):
        Dataset(tmp_path).files("exchanges")


@pytest.fixture
def catalog(tmp_path: Path) -> SqlCatalog:
    """An Iceberg catalog in a file; the table `logs.exchanges` lies in `data/exchanges`."""
    found = SqlCatalog("c", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=str(tmp_path / "warehouse"))
    found.create_namespace("logs")
    (tmp_path / "data").mkdir()
    found.create_table("logs.exchanges", rows().schema, location=str(tmp_path / "data" / "exchanges"))
    return found


def test_iceberg_gives_the_files_of_its_present_state(tmp_path: Path, catalog: SqlCatalog) -> None:
    table = catalog.load_table("logs.exchanges")
    table.append(rows(5))
    table.overwrite(rows(2))
    table.append(rows(3))
    assert 3 == len(list(tmp_path.rglob("data/*.parquet")))
    assert 5 == Dataset(tmp_path / "data").rows("exchanges")


def test_iceberg_with_a_renamed_column_is_refused(tmp_path: Path, catalog: SqlCatalog) -> None:
    table = catalog.load_table("logs.exchanges")
    table.append(rows(2))
    with table.update_schema() as update:
        update.rename_column("model", "engine")
    with pytest.raises(InputError, match="renamed"):
        Dataset(tmp_path / "data").files("exchanges")
