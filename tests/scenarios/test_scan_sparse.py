"""Logs that hold little: a scan works with what there is and says what it lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.datasets import REQUIRED, TEXTS, Traffic, nulled, traffic
from tests.scenarios.commands import run

from stillwatch.store.results import read_table

Change = Callable[[Traffic], Traffic]


@pytest.fixture(scope="module")
def small() -> Traffic:
    return traffic(residents=40, campaign=12, pupils=8)


def summary_of(folder: Path, given: Traffic, key: Path) -> dict[str, Any]:
    """The summary of a scan from the command line."""
    data = given.write(folder / "data")
    ran = run("scan", data, "--out", folder / "out", "--key-file", key, "--json")
    assert (0, "") == (ran.code, ran.err)
    summary: dict[str, Any] = json.loads(ran.out)
    return summary


def optional(given: Traffic) -> list[str]:
    return [c for c in given.tables["exchanges"].column_names if c not in REQUIRED]


def bare(given: Traffic) -> Traffic:
    """Every optional column of the exchanges null."""
    return given.but(exchanges=nulled(given.tables["exchanges"], optional(given)))


def strangers(rows: pa.Table) -> pa.Table:
    """Instruments of accounts that nobody knows, one of them shared with a known one."""
    extra = pa.Table.from_pylist(
        [{"account_id": f"stranger-{i}", "payment_fingerprint": f"card-{i}"} for i in range(5)],
        schema=rows.schema,
    )
    return pa.concat_tables([rows, extra])


TEXT_LOST = ("prompt_text", "system_text", "response_text")
SPARSE: tuple[tuple[str, tuple[str, ...], Change], ...] = (
    ("no text columns", TEXT_LOST, lambda t: t.without_columns(TEXTS)),
    ("empty text columns", TEXT_LOST, lambda t: t.but(exchanges=nulled(t.tables["exchanges"], TEXTS))),
    ("only the required columns", (*TEXT_LOST, "client_address", "ja4"), lambda t: t.with_columns(REQUIRED)),
    ("empty optional columns", ("user_agent",), bare),
    ("only exchanges", (), lambda t: t.but(accounts=None, instruments=None, releases=None, enforcement=None)),
    ("accounts without facts", (), lambda t: t.but(accounts=t.tables["accounts"].select(["account_id"]))),
    ("instruments of strangers", (), lambda t: t.but(instruments=strangers(t.tables["instruments"]))),
    ("no instruments", (), lambda t: t.but(instruments=t.tables["instruments"].slice(0, 0))),
    ("one exchange", (), lambda t: t.but(exchanges=t.tables["exchanges"].slice(7, 1))),
    ("two exchanges", (), lambda t: t.but(exchanges=t.tables["exchanges"].slice(7, 2))),
)  # fmt: skip


@pytest.mark.parametrize(("lost", "change"), [s[1:] for s in SPARSE], ids=[s[0] for s in SPARSE])
def test_scan_works_and_says_what_it_lost(
    tmp_path: Path, key: Path, small: Traffic, lost: tuple[str, ...], change: Change
) -> None:
    given = change(small)
    summary = summary_of(tmp_path, given, key)
    assert given.tables["exchanges"].num_rows == summary["input"]["exchanges"]
    assert [] == [name for name in lost if f"{name} is missing" not in " ".join(summary["lost"])]
    assert (tmp_path / "out" / "report.html").stat().st_size > 1000


def test_without_text_a_campaign_lacks_its_content(tmp_path: Path, key: Path, small: Traffic) -> None:
    summary_of(tmp_path, small.without_columns(TEXTS), key)
    known = read_table(tmp_path / "out", "measurements")["feature"].to_pylist()
    assert not {"novelty", "repeated", "harvest_intent"} & set(known)


def test_one_account(tmp_path: Path, key: Path, small: Traffic) -> None:
    rows = small.tables["exchanges"]
    one = rows.set_column(
        rows.column_names.index("account_id"), "account_id", pa.array(["acct-res-0000"] * rows.num_rows)
    )
    summary = summary_of(tmp_path, small.but(exchanges=one), key)
    assert (1, {}) == (summary["input"]["accounts"], summary["counts"]["campaigns"])


def test_accounts_without_exchanges_are_no_members(tmp_path: Path, key: Path, small: Traffic) -> None:
    rows = small.tables["exchanges"]
    kept = rows.filter(pa.array([not str(a).startswith("acct-grp") for a in rows["account_id"].to_pylist()]))
    summary_of(tmp_path, small.but(exchanges=kept), key)
    members = read_table(tmp_path / "out", "members")["account_id"].to_pylist()
    assert [] == [m for m in members if m.startswith("acct-grp")]


def test_parts_with_different_columns(tmp_path: Path, key: Path, small: Traffic) -> None:
    rows = small.tables["exchanges"]
    data = small.but(exchanges=None).write(tmp_path / "data")
    (data / "exchanges").mkdir()
    half = rows.num_rows // 2
    pq.write_table(rows.slice(0, half).select(list(REQUIRED)), data / "exchanges" / "a.parquet")
    pq.write_table(rows.slice(half), data / "exchanges" / "b.parquet")
    ran = run("scan", data, "--out", tmp_path / "out", "--key-file", key, "--json")
    share = {c["column"]: c["share"] for c in json.loads(ran.out)["coverage"]}
    assert 0.4 < share["prompt_text"] < 0.6


def test_fewer_rows_before_a_moment(tmp_path: Path, key: Path, small: Traffic) -> None:
    data = small.write(tmp_path / "data")
    ran = run("scan", data, "--out", tmp_path / "out", "--key-file", key, "--json", "--as-of", "2026-03-05")
    found = json.loads(ran.out)["input"]
    assert 0 < found["exchanges"] < small.tables["exchanges"].num_rows
    assert 0 < found["accounts"] < small.tables["accounts"].num_rows
    assert "2026-03-05" > found["last"]
