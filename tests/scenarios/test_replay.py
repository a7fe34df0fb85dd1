"""A replay finds at each look what a scan of the log up to then finds, from what was sketched slice by slice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.datasets import START, shuffled, traffic
from tests.scenarios.commands import one_error, run
from tests.scenarios.conftest import write_key

from stillwatch.app.replay import Look, ReplaySettings, looks
from stillwatch.app.scan import ScanSettings, scan
from stillwatch.app.secret import read_key
from stillwatch.app.slices import cut
from stillwatch.store.dataset import Dataset
from stillwatch.store.results import read_table

DAY = timedelta(days=1)
RENAMED = ("campaign_id", "phases", "detected_at")  # ids and phases carry over from look to look


def replayed(data: Path, folder: Path, settings: ReplaySettings) -> Iterator[Look]:
    """The looks at a dataset, from slices of that length."""
    (folder / "scratch").mkdir(parents=True)
    key = read_key(write_key(folder / "secret.key"))
    slices = cut(Dataset(data), key, folder / "scratch", every=settings.every, done=lambda _: None)
    return looks(Dataset(data), key, folder / "scratch", slices, settings)


def scanned(data: Path, folder: Path, look: Look) -> Path:
    """The results of a full scan as of a look."""
    key = folder / "secret.key"
    settings = ScanSettings(key_file=key, quiet=True, as_of=look.at, report=False)
    return scan(data, folder / f"at-{look.at:%d%H}", settings)


def rows(table: pa.Table, *without: str) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = table.drop_columns(list(without)).to_pylist()
    return sorted(kept, key=str)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return traffic().write(tmp_path_factory.mktemp("replay") / "data")


@pytest.mark.parametrize("hours", [7, 60])
def test_a_look_from_partials_is_a_full_scan(data: Path, tmp_path: Path, hours: int) -> None:
    """Every measurement, weight and verdict, from slices of any length."""
    settings = ReplaySettings(every=timedelta(hours=hours), since=START + 8 * DAY)
    look = next(replayed(data, tmp_path, settings))
    full = scanned(data, tmp_path, look)
    for name, table in look.tables.items():
        without = ("missing",) if name == "campaigns" else ()
        assert rows(read_table(full, name), *without) == rows(table, *without), name


def test_later_looks_differ_only_in_what_carries_over(data: Path, tmp_path: Path) -> None:
    settings = ReplaySettings(every=4 * DAY, since=START + 4 * DAY)
    for look in replayed(data, tmp_path, settings):
        found = look.tables["campaigns"]
        full = read_table(scanned(data, tmp_path, look), "campaigns")
        assert rows(full, *RENAMED, "missing") == rows(found, *RENAMED, "missing")


def test_doubled_and_shuffled_logs(data: Path, tmp_path: Path) -> None:
    """Slices of a log in no order, some of it twice, are those of the log."""
    known = traffic()
    exchanges = known.tables["exchanges"]
    doubled = known.but(exchanges=shuffled(pa.concat_tables([exchanges, exchanges.slice(0, 300)])))
    settings = ReplaySettings(every=2 * DAY, since=START + 12 * DAY)
    one = next(replayed(data, tmp_path / "one", settings))
    other = next(replayed(doubled.write(tmp_path / "data"), tmp_path / "other", settings))
    assert rows(one.tables["campaigns"]) == rows(other.tables["campaigns"])


def test_a_claim_is_published_once_and_keeps_its_id(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = run(
        "replay", data, "--out", out, "--every", "2d", "--from", f"{START + 2 * DAY:%Y-%m-%dT%H:%MZ}",
        "--key-file", write_key(tmp_path / "secret.key"),
    )  # fmt: skip
    assert 0 == ran.code, ran
    claimed = [r for r in read_table(out, "replay_campaigns").to_pylist() if r["claimed"]]
    assert 1 == len({r["campaign_id"] for r in claimed})
    assert len({r["needed_bits"] for r in claimed}) == 1
    first = min(claimed, key=lambda r: r["at"])
    assert first["weight_low"] >= first["needed_bits"]
    members = read_table(out, "replay_members").to_pylist()
    assert {"acct-grp"} == {r["account_id"][:8] for r in members if r["claimed_at"]}


@pytest.mark.parametrize("option", [("--every", "soon"), ("--every", "0h"), ("--from", "never")])
def test_bad_options(data: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    one_error(run("replay", data, "--out", tmp_path / "out", *option), option[0], "Write it like")


def test_nothing_in_the_time_asked_for(data: Path, tmp_path: Path) -> None:
    ran = run("replay", data, "--out", tmp_path / "out", "--from", "2031-01-01", "--key-file", tmp_path / "k")
    one_error(ran, "no exchange in the time asked for", "--from and --to")
    assert not (tmp_path / "out").exists()
