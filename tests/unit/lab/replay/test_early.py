"""How early: hours, what was gone, and false alarms, from the tables of a replay and the truth."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.replay.__main__ import main
from stillwatch.lab.replay.early import Alarms, Early, Reached, early
from stillwatch.model.errors import InputError
from stillwatch.model.tables import TABLES

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def write(folder: Path, name: str, rows: Sequence[dict[str, Any]], schema: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kept = TABLES[schema or name].schema
    plain = pa.schema([pa.field(f.name, f.type) for f in kept])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=plain), folder / f"{name}.parquet")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A campaign of two accounts: five exchanges each, one an hour; and an innocent account."""
    folder = tmp_path / "data"
    harvest = [
        {"exchange_id": f"{a}{i}", "account_id": a, "campaign": "raid"} for a in "hk" for i in range(5)
    ]
    log = [{**r, "ts": at(int(r["exchange_id"][1:])), "model": "m"} for r in harvest]
    write(folder, "exchanges", log)
    write(folder / "truth", "exchanges", harvest, "truth_exchanges")
    accounts = [
        {"account_id": a, "cohort": "c", "group_id": a, "campaign": "raid" if a in "hk" else None}
        for a in "hki"
    ]
    write(folder / "truth", "accounts", accounts, "truth_accounts")
    return folder


def replayed(folder: Path, members: Sequence[tuple[str, str, float, float | None]]) -> Path:
    """The results of a replay with these members: id, account, hours to accusation and to claim."""
    rows = [
        {"campaign_id": c, "account_id": a, "accused_at": at(x), "claimed_at": None if y is None else at(y)}
        for c, a, x, y in members
    ]
    write(folder, "replay_members", rows)
    look = {"at": at(6), "campaign_id": "c", "verdict": "innocent", "accounts": 1, "exchanges": 1}
    bits = {"weight_bits": 0.0, "weight_low": 0.0, "needed_bits": 9.0, "claimed": False}
    write(folder, "replay_campaigns", [{**look, **bits}])
    timings = {"sketch_seconds": 3.0, "looks": [{"at": "", "seconds": 2.0}]}
    (folder / "summary.json").write_text(json.dumps({"timings": timings}), "utf-8")
    return folder


def test_hours_and_shares(data: Path, tmp_path: Path) -> None:
    """The first account is found after two exchanges of each, the second one later, or never by a claim."""
    found, alarms = early(replayed(tmp_path / "out", [("c", "h", 1.5, 3.5), ("c", "k", 2.5, None)]), data)
    accused, claimed = Reached(1.5, 0.4, 0.5), Reached(3.5, 0.8, 0.9)
    assert (Early("raid", 2, 10, accused, claimed),) == found
    assert Alarms(1, 0, 0, 0, 0) == alarms


def test_never_found(data: Path, tmp_path: Path) -> None:
    found, _ = early(replayed(tmp_path / "out", []), data)
    assert Reached(None, 1.0, 1.0) == found[0].accused


def test_false_alarms(data: Path, tmp_path: Path) -> None:
    """An id that stands for nobody's campaign, and a bystander in one that does."""
    members = [("c", "h", 1, 2), ("c", "k", 1, 2), ("c", "i", 1, None), ("d", "i", 2, 3)]
    found, alarms = early(replayed(tmp_path / "out", members), data)
    assert 1.0 == found[0].accused.hours
    assert Alarms(1, 1, 1, 1, 1) == alarms


def test_no_truth(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        early(replayed(tmp_path / "out", []), tmp_path / "data")


def test_the_command(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []

    def command(_seconds: float) -> Callable[[Sequence[str]], None]:
        def run(arguments: Sequence[str]) -> None:
            ran.extend(arguments)
            replayed(tmp_path / "out", [("c", "h", 1.5, None)])

        return run

    assert 0 == main([str(data), "--out", str(tmp_path / "out"), "--every", "2h"], command)
    assert ["--every", "2h"] == ran[ran.index("--every") : ran.index("--every") + 2]
    said = capsys.readouterr().out
    assert "| raid | verdict | 1.5 | 40.00% |" in said
    assert "| raid | claim | never |" in said
    assert (
        "raid" == json.loads((tmp_path / "out" / "early.json").read_text("utf-8"))["campaigns"][0]["campaign"]
    )


def test_a_replay_that_fails(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def command(_seconds: float) -> Callable[[Sequence[str]], None]:
        def run(_arguments: Sequence[str]) -> None:
            raise subprocess.CalledProcessError(2, "stillwatch", output='{"error": "broken", "where": "x"}')

        return run

    assert 2 == main([str(data), "--out", str(tmp_path / "out")], command)
    assert "x: broken" in capsys.readouterr().err
