"""`kill -9` at any moment leaves earlier results whole, or nothing that a command would read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.datasets import files_of, traffic
from tests.scenarios.commands import names_in, run

from stillwatch.app.scan import ScanSettings, scan

pytestmark = pytest.mark.long

PROGRAM = "from stillwatch.app.cli import main; main()"
Moment = Callable[[Path], bool]


def holds(pattern: str) -> Moment:
    """The moment from which something of this name stands in a folder."""
    return lambda folder: any(folder.glob(pattern))


SCANNING: tuple[tuple[str, Moment], ...] = (
    ("folder made", holds(".out.*.partial")),
    ("engine open", holds(".out.*.partial/scratch/scratch.duckdb")),
    ("exchanges read", holds(".out.stages/*.wal")),
    ("first stage", holds(".out.stages/01.json")),
    ("last stage", holds(".out.stages/05.json")),
    ("first table", holds(".out.*.partial/campaigns.parquet")),
    ("last table", holds(".out.*.partial/campaign_templates.parquet")),
    ("summary", holds(".out.*.partial/summary.json")),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return traffic(residents=60, campaign=12, pupils=8).write(tmp_path / "input" / "data")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "input" / "secret.key"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(range(32)))
    path.chmod(0o600)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def killed(folder: Path, moment: Moment, *arguments: str | Path) -> None:
    """Start a command and kill it as soon as the moment has come."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not moment(folder):
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    assert -signal.SIGKILL == process.wait(), "it ended before the moment came"


def same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in files_of(folder)}


@pytest.mark.parametrize("moment", [m[1] for m in SCANNING], ids=[m[0] for m in SCANNING])
def test_killed_first_scan_leaves_nothing_to_read(place: Path, data: Path, key: Path, moment: Moment) -> None:
    arguments = ("scan", data, "--out", place / "out", "--key-file", key)
    killed(place, moment, *arguments)
    for command in (("report", place / "out"), ("explain", "c-", place / "out"), ("export", place / "out")):
        assert 2 == run(*command).code
    assert 0 == run(*arguments, "--json").code
    assert ["out"] == names_in(place)


@pytest.mark.parametrize("moment", [m[1] for m in SCANNING], ids=[m[0] for m in SCANNING])
def test_killed_second_scan_leaves_the_first(place: Path, data: Path, key: Path, moment: Moment) -> None:
    out = scan(data, place / "out", ScanSettings(key_file=key, quiet=True))
    before = contents(out)
    killed(place, moment, "scan", data, "--out", out, "--key-file", key)
    assert before == contents(out)
    assert 0 == run("report", out).code
    assert 0 == run("scan", data, "--out", out, "--key-file", key, "--json").code
    assert ["out"] == names_in(place)


@pytest.mark.parametrize("finished", [1, 2, 3, 4, 5])
def test_killed_scan_goes_on_behind_its_last_stage(
    place: Path, tmp_path: Path, data: Path, key: Path, finished: int
) -> None:
    arguments = ("scan", data, "--out", place / "out", "--key-file", key)
    killed(place, holds(f".out.stages/{finished:02d}.json"), *arguments)
    summary = json.loads(run(*arguments, "--json").out)
    assert finished <= len(summary["resumed"])
    assert ["sketch", "frames and holdings", "signals", "link", "assess"][:finished] == summary["resumed"][
        :finished
    ]
    fresh = scan(data, tmp_path / "fresh", ScanSettings(key_file=key, quiet=True))
    tables = [p.name for p in files_of(fresh) if p.suffix == ".parquet"]
    assert tables == [name for name in tables if same(fresh / name, place / "out" / name)]
    assert ["out"] == names_in(place)


def test_killed_scan_of_other_settings_is_of_no_use(place: Path, data: Path, key: Path) -> None:
    arguments = ("scan", data, "--out", place / "out", "--key-file", key)
    killed(place, holds(".out.stages/02.json"), *arguments)
    assert [] == json.loads(run(*arguments, "--without", "payment", "--json").out)["resumed"]


STAGING: tuple[tuple[str, Moment], ...] = (
    ("tables begun", holds("state/.fresh/state_*.parquet")),
    ("tables staged", holds("state/????????????????")),
    ("results stand", holds("out/summary.json")),
    ("committed", holds("state/state.json")),
)


@pytest.mark.parametrize("moment", [m[1] for m in STAGING], ids=[m[0] for m in STAGING])
def test_killed_while_the_state_is_written(place: Path, data: Path, key: Path, moment: Moment) -> None:
    """The state is the old one, here none, or the new one; the next scan gives what an undisturbed one gives."""
    arguments = ("scan", data, "--out", place / "out", "--key-file", key, "--state", place / "state")
    killed(place, moment, *arguments)
    assert 0 == run(*arguments, "--json").code
    again = scan(data, place / "again", ScanSettings(key_file=key, quiet=True, state=place / "other"))
    assert contents(place / "other") == contents(place / "state")
    read = (again / "campaigns.parquet").read_bytes()
    assert read == (place / "out" / "campaigns.parquet").read_bytes()
    assert 2 == len(names_in(place / "state"))


def test_killed_while_the_key_is_made(place: Path, data: Path) -> None:
    arguments = ("scan", data, "--out", place / "out", "--key-file", place / "secret.key")
    killed(place, holds("*secret.key*"), *arguments)
    assert 0 == run(*arguments, "--json").code
    assert 32 == (place / "secret.key").stat().st_size


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.6, 0.9])
def test_killed_simulation(place: Path, seconds: float) -> None:
    begun: list[float] = []

    def moment(folder: Path) -> bool:
        if not begun and any(folder.iterdir()):
            begun.append(time.monotonic())
        return bool(begun) and time.monotonic() - begun[0] >= seconds

    arguments = ("simulate", "benign", "--scale", "0.0002", "--out", place / "out")
    killed(place, moment, *arguments)
    assert not (place / "out").exists()
    assert 0 == run(*arguments, "--json").code
    assert ["out"] == names_in(place)


@pytest.mark.parametrize("moment", [".exchanges.parquet.partial", ".rejects.parquet.partial"])
def test_killed_ingest(place: Path, tmp_path: Path, moment: str) -> None:
    log = tmp_path / "requests.jsonl"
    row = '{"exchange_id": "r%d", "ts": "2026-03-01T00:00:00Z", "account_id": "a%d", "model": "m"}\n'
    log.write_text("".join(row % (i, i % 9) for i in range(200_000)), encoding="utf-8")
    arguments = ("ingest", log, "--out", place / "out")
    killed(place, holds(f"out/{moment}"), *arguments)
    assert 2 == run("scan", place / "out", "--out", tmp_path / "results").code
    assert 0 == run(*arguments, "--json").code
    assert ["exchanges.parquet", "rejects.parquet"] == names_in(place / "out")
