"""A watcher killed at any moment loses nothing and counts nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.datasets import Traffic, traffic
from tests.live import held, lines, write_lines
from tests.scenarios.conftest import write_key

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.store.results import read_table

PROGRAM = "from stillwatch.app.cli import main; main()"


def watch(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A watcher over the log of a folder, in a process of its own."""
    arguments = [
        "watch", folder / "log" / "*.jsonl*", "--state", folder / "state", "--key-file", folder / "secret.key",
        "--beside", folder / "data", "--every", "1d", "--lateness", "1m", "--commit", "30ms", "--no-report", *more,
    ]  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    """Let it start, wait so long, kill it."""
    assert process.stderr is not None
    started = json.loads(process.stderr.readline())
    assert "started" == started["event"], started
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()


def survive(folder: Path, kills: int, *, seed: int, longest: float) -> Traffic:
    """Write a log bit by bit, rotate it now and then, and kill its watcher again and again; then let one end."""
    draw = random.Random(seed)  # noqa: S311 - moments of a test
    known = traffic(residents=60, campaign=16, pupils=8)
    known.write(folder / "data")
    write_key(folder / "secret.key")
    given = lines(known.tables["exchanges"])
    log, step = folder / "log" / "requests.jsonl", len(given) // kills + 1
    for n in range(kills):
        part = given[n * step : (n + 1) * step]
        write_lines(log, part[: len(part) // 2])
        process = watch(folder)
        if n % 3 == 2:
            log.rename(log.with_name(f"requests.jsonl.{n}"))
        write_lines(log, part[len(part) // 2 :])
        kill_after(process, draw.uniform(0, longest))
    last = watch(folder, "--drain")
    _, said = last.communicate(timeout=240)
    assert 0 == last.returncode, said
    return known


def check(folder: Path, known: Traffic) -> None:
    """Every exchange once, and the groups that a scan of all finds."""
    assert sorted(known.tables["exchanges"]["exchange_id"].to_pylist()) == held(folder / "state")
    commits = sorted((folder / "state" / "commits").glob("*.json"))
    assert known.tables["exchanges"].num_rows == json.loads(commits[-1].read_text())["counts"]["exchanges"]
    assert not any((folder / "state" / "fresh").iterdir())
    full = scan(
        folder / "data",
        folder / "scanned",
        ScanSettings(key_file=folder / "secret.key", quiet=True, report=False),
    )
    for name, own in (
        ("members", ["account_id", "role", "weight_bits"]),
        ("campaign_exchanges", ["exchange_id", "role"]),
    ):
        expected, found = (
            sorted(map(str, read_table(f, name).select(own).to_pylist()))
            for f in (full, folder / "state" / "results")
        )
        assert expected == found, name


@pytest.mark.long
def test_killed_at_fifty_moments(tmp_path: Path) -> None:
    seed = int(os.environ.get("STILLWATCH_SEED", "20261125"))
    check(tmp_path, survive(tmp_path, 50, seed=seed, longest=1.2))


def test_killed_at_three_moments(tmp_path: Path) -> None:
    check(tmp_path, survive(tmp_path, 3, seed=5, longest=0.6))
