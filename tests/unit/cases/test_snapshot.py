"""What is frozen of a scan, and result folders that cannot be."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.fixtures_results import DISTILLATION, write_empty, write_results

from stillwatch.cases.snapshot import Snapshot, read_snapshot
from stillwatch.model.errors import InputError, SchemaError
from stillwatch.model.tables import TABLES

CAMPAIGN = DISTILLATION[0].name


def test_only_rows_of_the_campaign(results: Path, snapshot: Snapshot) -> None:
    assert {CAMPAIGN} == {row["campaign_id"] for rows in snapshot.tables.values() for row in rows}
    assert 12 == len(snapshot.accounts)
    assert set(snapshot.files) == {p.name for p in results.iterdir() if p.suffix in (".json", ".parquet")}


def test_digests_are_those_of_the_files(results: Path, snapshot: Snapshot) -> None:
    expected = hashlib.sha256((results / "members.parquet").read_bytes()).hexdigest()
    assert expected == snapshot.files["members.parquet"]


def test_snapshot_is_plain(snapshot: Snapshot) -> None:
    """It can be written as JSON, and comes back the same."""
    values = [dict(snapshot.tables), snapshot.templates, dict(snapshot.accounts), dict(snapshot.scan)]
    assert values == json.loads(json.dumps(values))


def test_exchanges_are_counted_not_named(results: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(results, tmp_path / "r")
    rows = [
        {"campaign_id": CAMPAIGN, "exchange_id": f"req_{i}", "role": "harvest" if i else "unclear", "p": 1.0}
        for i in range(3)
    ]
    table = pa.Table.from_pylist(rows, schema=TABLES["campaign_exchanges"].schema)
    pq.write_table(table, folder / "campaign_exchanges.parquet")
    one = read_snapshot(folder, CAMPAIGN).exchanges
    pq.write_table(table.take([2, 0, 1]), folder / "campaign_exchanges.parquet")
    assert {"harvest": 2, "unclear": 1} == one["roles"]
    assert one == read_snapshot(folder, CAMPAIGN).exchanges
    assert "req_" not in str(one)


def test_evidence_about_an_account_goes_with_the_account(results: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(results, tmp_path / "r")
    table = pq.read_table(folder / "evidence.parquet")
    account = pq.read_table(folder / "members.parquet").to_pylist()[0]["account_id"]
    row = {**table.to_pylist()[0], "campaign_id": CAMPAIGN, "subject_kind": "account", "subject": account}
    pq.write_table(
        pa.concat_tables([table, pa.Table.from_pylist([row], schema=table.schema)]),
        folder / "evidence.parquet",
    )
    found = read_snapshot(folder, CAMPAIGN)
    assert [account] == [e["subject"] for e in found.accounts[account]["evidence"]]
    assert account not in str(found.tables["evidence"])


def test_unknown_campaign_names_the_nearest(results: Path) -> None:
    with pytest.raises(
        InputError, match=f"no campaign 'c-5e1fa0b8' in the results. The nearest are {CAMPAIGN}"
    ):
        read_snapshot(results, "c-5e1fa0b8")


def test_beginning_that_fits_several(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="campaigns begin with 'c-'"):
        read_snapshot(write_results(tmp_path, plans=[p.sized(3) for p in DISTILLATION]), "c-")


def test_folder_that_is_no_result(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="not the result folder of a scan"):
            read_snapshot(folder, CAMPAIGN)


def test_scan_without_campaigns(tmp_path: Path) -> None:
    write_empty(tmp_path)
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(InputError, match="found no campaign"):
        read_snapshot(tmp_path, CAMPAIGN)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("summary.json", b"{", "cannot be read as JSON"),
        ("summary.json", b"[]", "is no JSON object"),
        ("campaigns.parquet", b"PAR1", "cannot be read"),
        ("members.parquet", b"", "cannot be read"),
    ],
)
def test_damaged_files(results: Path, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    folder = shutil.copytree(results, tmp_path / "r")
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_snapshot(folder, CAMPAIGN)


def test_missing_column_is_named(results: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(results, tmp_path / "r")
    table = pq.read_table(folder / "members.parquet")
    pq.write_table(table.drop_columns(["role"]), folder / "members.parquet")
    with pytest.raises(SchemaError, match="column 'role' is missing"):
        read_snapshot(folder, CAMPAIGN)
