"""Tables of other people's columns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.records import NOW, table

from stillwatch.ingest.logs import read_logs
from stillwatch.ingest.mapping import load, plan
from stillwatch.model.errors import InputError, SchemaError
from stillwatch.model.input_tables import ACCOUNTS, EXCHANGES

CASES = Path(__file__).parents[2] / "cases/ingest/canonical"


def test_columns_are_mapped_transformed_and_defaulted(tmp_path: Path) -> None:
    done = read_logs(
        [str(CASES / "mapped.csv")], out=tmp_path, now=NOW, mapping=load(str(CASES / "mapped.toml"))
    )
    first, second = table(tmp_path, "exchanges")
    assert (2, 0) == (done.exchanges, done.rejects)
    assert ("columns without a use: extra",) == done.notes
    assert datetime(2026, 11, 23, 16, 6, 40, 250_000, tzinfo=UTC) == first["ts"]
    assert ("r-1", "m-1", "api", 1500, "example.org") == tuple(
        first[n] for n in ("exchange_id", "model", "pathway", "duration_ms", "organization_id")
    )
    assert (None, 64) == (second["duration_ms"], len(second["account_id"]))


def test_parquet_of_our_own_needs_no_mapping_and_keeps_every_value(tmp_path: Path) -> None:
    read_logs([str(CASES / "input.jsonl")], out=tmp_path / "a", now=NOW)
    again = tmp_path / "again.parquet"
    pq.write_table(pq.read_table(tmp_path / "a/exchanges.parquet"), again)
    read_logs([str(again)], out=tmp_path / "b", now=NOW)
    before, after = (pq.read_table(tmp_path / f"{n}/exchanges.parquet").drop(["source"]) for n in "ab")
    assert before == after


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_narrow_and_large_arrow_types_are_accepted(unit: str, zone: str | None, tmp_path: Path) -> None:
    moment = pa.array([1_795_450_000], pa.timestamp("s", tz=zone)).cast(pa.timestamp(unit, tz=zone))
    columns = {
        "exchange_id": pa.array(["a"], pa.large_string()),
        "ts": moment,
        "temperature": pa.array([0.1], pa.float64()),
        "account_id": pa.array(["x"]).dictionary_encode(),
        "model": pa.array(["m"]),
        "output_tokens": pa.array([3], pa.uint16()),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    read_logs([str(tmp_path / "t.parquet")], out=tmp_path, now=NOW)
    (row,) = table(tmp_path, "exchanges")
    assert ("x", 3, 1_795_450_000) == (row["account_id"], row["output_tokens"], row["ts"].timestamp())


@pytest.mark.parametrize(
    "mapping",
    [
        {"columns": {"a": "no_such_column"}},
        {"columns": {"a": {"to": "ts", "transform": "no_such"}}},
        {"columns": {"a": 7}},
        {"columns": 7},
        {"defaults": {"no_such_column": 1}},
    ],
)
def test_a_faulty_mapping_stops_the_start(mapping: dict[str, object]) -> None:
    with pytest.raises(InputError) as error:
        plan(mapping, EXCHANGES)
    assert error.value.remedy


def test_a_missing_required_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("exchange_id,ts\na,b\n")
    with pytest.raises(SchemaError, match="account_id, model"):
        read_logs([str(tmp_path / "t.csv")], out=tmp_path, now=NOW, format="canonical")


def test_damaged_parquet_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 but no more than that")
    with pytest.raises(InputError, match="damaged Parquet"):
        read_logs([str(tmp_path / "t.parquet")], out=tmp_path, now=NOW)


def test_accounts_from_a_table_with_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "key,mail,opened,uses\n"
        'k-1,Jo.Doe7@Example.org,2026-01-02,"evaluation, red_team"\n'
        "k-1,x@y,,\n,,,\nk-2,,bad,\n"
    )
    mapping = {
        "columns": {
            "key": "account_id",
            "mail": [
                {"to": "email_domain", "transform": "email_domain"},
                {"to": "email_pattern", "transform": "email_pattern"},
            ],
            "opened": "created_at",
            "uses": {"to": "declared", "transform": "comma_list"},
        },
        "defaults": {"status": "active"},
    }
    people = str(tmp_path / "accounts.csv")
    read_logs([str(CASES / "input.jsonl")], out=tmp_path, now=NOW, accounts=people, accounts_mapping=mapping)
    (row,) = table(tmp_path, "accounts")
    assert ("k-1", "example.org", "aa.aaa0", ["evaluation", "red_team"], "active") == tuple(
        row[n] for n in ("account_id", "email_domain", "email_pattern", "declared", "status")
    )
    reasons = {r["reason"] for r in table(tmp_path, "rejects") if r["file"] == people}
    assert {
        "duplicate account_id",
        "no account_id",
        "created_at: time is not ISO 8601 or an epoch number",
    } == reasons


def test_the_plan_of_accounts_fills_columns_of_our_own_names() -> None:
    assert plan(None, ACCOUNTS).missing(ACCOUNTS, ["account_id"]) == []
