"""Runs that add to a folder: only what is new is read, and a killed run leaves nothing that counts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.records import NOW, litellm, write_lines

from stillwatch.ingest.logs import Ingested, read_logs
from stillwatch.model.errors import StateError, UsageError


def add(logs: Path, out: Path, **settings: object) -> Ingested:
    return read_logs([str(logs)], out=out, now=NOW, add=True, **settings)  # type: ignore[arg-type]


def ids(out: Path) -> list[str]:
    return sorted(pq.read_table(out / "exchanges")["exchange_id"].to_pylist())


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with a log of two exchanges."""
    (tmp_path / "logs").mkdir()
    write_lines(tmp_path / "logs/1.jsonl", [litellm(1), litellm(2)])
    return tmp_path / "logs"


def test_two_runs_hold_what_one_run_holds(logs: Path, tmp_path: Path) -> None:
    """Repeated ids across files included."""
    add(logs, tmp_path / "two")
    write_lines(logs / "2.jsonl", [litellm(2), litellm(3)])
    second = add(logs, tmp_path / "two")
    once = read_logs([str(logs)], out=tmp_path / "one", now=NOW)
    assert (1, 1, {"duplicate exchange_id": 1}) == (second.files, second.exchanges, second.reasons)
    assert once.reasons == second.reasons
    assert sorted(pq.read_table(tmp_path / "one/exchanges.parquet")["exchange_id"].to_pylist()) == ids(
        tmp_path / "two"
    )


def test_a_file_that_grew_adds_its_new_exchanges_without_rejects(logs: Path, tmp_path: Path) -> None:
    add(logs, tmp_path / "out")
    write_lines(logs / "1.jsonl", [litellm(1), litellm(2), litellm(3)])
    done = add(logs, tmp_path / "out")
    assert (1, 2, 0, (str(logs / "1.jsonl"),)) == (done.exchanges, done.known, done.rejects, done.changed)


def test_a_file_of_the_same_size_with_another_time_is_changed(logs: Path, tmp_path: Path) -> None:
    add(logs, tmp_path / "out")
    os.utime(logs / "1.jsonl", ns=(1, 1))
    assert (str(logs / "1.jsonl"),) == add(logs, tmp_path / "out").changed


def test_a_run_that_was_killed_before_its_record_does_not_count(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    add(logs, out)
    before = (out / "ingested.json").read_text()
    write_lines(logs / "2.jsonl", [litellm(3)])
    add(logs, out)
    (out / "ingested.json").write_text(before)  # as if it had been killed between the two renames
    done = add(logs, out)
    assert (1, 1, 0) == (done.files, done.exchanges, done.rejects)
    assert ["call-1", "call-2", "call-3"] == ids(out)


def test_nothing_new_writes_nothing(logs: Path, tmp_path: Path) -> None:
    add(logs, tmp_path / "out")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")}
    assert (0, 1) == ((done := add(logs, tmp_path / "out")).files, done.unchanged)
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")}


def test_what_does_not_go_together_is_refused(logs: Path, tmp_path: Path) -> None:
    add(logs, tmp_path / "added")
    read_logs([str(logs)], out=tmp_path / "plain", now=NOW)
    with pytest.raises(UsageError, match="another format"):
        add(logs, tmp_path / "added", keep_text=False)
    with pytest.raises(UsageError, match="written at once"):
        add(logs, tmp_path / "plain")
    with pytest.raises(UsageError, match="--add"):
        read_logs([str(logs)], out=tmp_path / "added", now=NOW)


@pytest.mark.parametrize(
    "said", ["{", "[]", json.dumps({"version": 9, "runs": 1, "settings": "", "files": {}})]
)
def test_a_damaged_record_is_one_clear_error(said: str, logs: Path, tmp_path: Path) -> None:
    add(logs, tmp_path / "out")
    (tmp_path / "out/ingested.json").write_text(said)
    with pytest.raises(StateError):
        add(logs, tmp_path / "out")
