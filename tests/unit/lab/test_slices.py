"""Slices: script, main hours, plan and age of an account, from hand-made logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.slices import AGE, HOURS, PLAN, SCRIPT, slices

START = datetime(2026, 3, 1, tzinfo=UTC)


def sliced(
    folder: Path, hours: Sequence[float], prompts: Sequence[str | None], *, days: int = 10
) -> dict[str, str]:
    """The slices of one account that sent these prompts at these hours."""
    log = {
        "account_id": ["a"] * len(hours),
        "ts": pa.array([START + timedelta(hours=h) for h in hours], pa.timestamp("us", "UTC")),
        "prompt_text": pa.array(prompts, pa.large_string()),
    }
    known = {
        "account_id": ["a"],
        "plan": ["pro"],
        "created_at": pa.array([START - timedelta(days=days)], pa.timestamp("us", "UTC")),
    }
    pq.write_table(pa.table(log), folder / "exchanges.parquet")
    pq.write_table(pa.table(known), folder / "accounts.parquet")
    return {kind: str(values[0]) for kind, values in slices(folder, pa.array(["a"])).items()}


@pytest.mark.parametrize(
    ("prompt", "script"),
    [
        ("Grüße, voilà 42", "Latin"),
        ("Привет, GPT", "other"),
        ("请解释这个", "other"),
        (None, "no text"),
        ("42", "no text"),
    ],
)
def test_script_is_that_of_most_letters(tmp_path: Path, prompt: str | None, script: str) -> None:
    assert script == sliced(tmp_path, [1], [prompt])[SCRIPT]


@pytest.mark.parametrize(
    ("hours", "name"),
    [
        ([9, 10, 11], "06 to 12"),
        ([23, 1, 23.2], "18 to 24"),
        ([0.5, 1.5, 2.5], "00 to 06"),
        ([0, 6, 12, 18], "day and night"),
    ],
)
def test_main_hours_go_round_the_clock(tmp_path: Path, hours: list[float], name: str) -> None:
    assert name == sliced(tmp_path, hours, ["x"] * len(hours))[HOURS]


@pytest.mark.parametrize(
    ("days", "name"), [(2, "under 7 days"), (29, "7 to 30 days"), (500, "over 180 days")]
)
def test_age_at_the_first_exchange(tmp_path: Path, days: int, name: str) -> None:
    assert name == sliced(tmp_path, [0], ["x"], days=days)[AGE]


def test_accounts_keep_their_order_and_may_be_silent(tmp_path: Path) -> None:
    sliced(tmp_path, [1], ["x"])
    found = slices(tmp_path, pa.array(["silent", "a"]))
    assert (["not known", "pro"], ["none", "00 to 06"]) == (list(found[PLAN]), list(found[HOURS]))


def test_without_the_data_there_are_none(tmp_path: Path) -> None:
    assert {} == slices(tmp_path, pa.array(["a"]))
