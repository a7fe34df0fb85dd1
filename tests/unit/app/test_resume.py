"""What finished stages depend on, and what they leave besides tables."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.datasets import traffic

from stillwatch.app.resources import hypotheses
from stillwatch.app.resume import (
    findings_as_values,
    findings_from_values,
    names_as_values,
    names_from_values,
    owner,
)
from stillwatch.app.stages import Names
from stillwatch.attribute.assess import AssessSettings, Joined, assess_every
from stillwatch.ingest.coverage import Coverage
from stillwatch.model.tie import Tie
from stillwatch.store.dataset import Dataset, open_dataset

MEASURED = {"harvest_intent": (0.37, 411), "shared_instrument": (1 / 3, 12), "clock": (0.91, 5000)}


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return open_dataset(traffic(residents=4, campaign=3, pupils=3).write(tmp_path / "data"))


def test_the_same_input_and_settings_have_one_owner(data: Dataset) -> None:
    assert owner(data, {"apart": True}) == owner(open_dataset(data.folder), {"apart": True})
    assert owner(data, {"apart": True}) != owner(data, {"apart": False})


@pytest.mark.parametrize("name", ["exchanges.parquet", "accounts.parquet"])
def test_a_file_that_was_written_again_has_another_owner(data: Dataset, name: str) -> None:
    before = owner(data, {})
    path = data.folder / name
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert before != owner(data, {})


def test_other_content_of_the_same_size_and_time_has_another_owner(data: Dataset, tmp_path: Path) -> None:
    before = owner(data, {})
    path = data.folder / "exchanges.parquet"
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert before != owner(data, {})


def test_a_file_of_another_partition_has_another_owner(data: Dataset) -> None:
    """Only the name of its folder differs, which names a column of the rows."""
    whole = data.folder / "exchanges.parquet"
    for folder in ("model=a", "model=b"):
        (data.folder / "exchanges" / folder).mkdir(parents=True)
    first, second = (data.folder / "exchanges" / f / "0.parquet" for f in ("model=a", "model=b"))
    whole.rename(first)
    before = owner(data, {})
    first.rename(second)
    assert before != owner(data, {})


def test_findings_come_back_as_they_were() -> None:
    known = hypotheses()
    found = {7: assess_every([MEASURED], known, AssessSettings())[0]}
    kept = json.loads(json.dumps(findings_as_values(found)))
    assert found == findings_from_values(kept, known)


def test_who_joined_comes_back() -> None:
    (found,) = assess_every([MEASURED], hypotheses(), AssessSettings())
    joined = replace(
        found, joined=(Joined((3, 5, 8), -512, (Tie(402, 2, 0.013, 9.5), Tie(301, 4, 1.25, 3.0))),)
    )
    kept = json.loads(json.dumps(findings_as_values({7: joined})))
    assert {7: joined} == findings_from_values(kept, hypotheses())


def test_names_and_coverage_come_back(data: Dataset) -> None:
    seen = Names(set(), Coverage())
    for _ in seen.watch(data.batches("exchanges")):
        pass
    again = Names(set(), Coverage())
    names_from_values(again, json.loads(json.dumps(names_as_values(seen))))
    assert (seen.seen, seen.coverage.table()) == (again.seen, again.coverage.table())
