"""Files of cloud stores go to executors without what is secret."""

from __future__ import annotations

import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from stillwatch.app.stores import cloud_files
from stillwatch.store.cloud.objects import CloudFiles
from stillwatch.store.dataset import Dataset
from stillwatch.store.parts import CloudFolder


def test_a_dataset_in_a_store_travels_without_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither those of the environment nor what a client holds that was opened with them."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none-of-your-business")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "none-of-your-business.parquet")
    opened = ds.dataset(str(tmp_path / "none-of-your-business.parquet"), format="parquet")
    folder = CloudFolder("s3://logs/data", cloud_files(), {}, {"s3://logs/data/exchanges.parquet": opened})
    sent = pickle.dumps(Dataset(Path("s3://logs/data"), cloud=folder))
    assert b"none-of-your-business" not in sent
    there = pickle.loads(sent).cloud  # noqa: S301 - what stands above
    assert isinstance(there.files, CloudFiles)
    assert ("s3://logs/data", {}) == (there.address, there._opened)
