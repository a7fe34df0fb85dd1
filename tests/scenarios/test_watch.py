"""What a watcher finds is what a scan of the same exchanges finds, however they come in."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tests.datasets import START, Traffic, traffic
from tests.live import RESULTS, lines, settings, watched, write_lines

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.store.results import read_table


@pytest.fixture(scope="module")
def known() -> Traffic:
    return traffic(residents=90, campaign=20, pupils=10)


@pytest.fixture(scope="module")
def week(known: Traffic) -> pa.Table:
    """Seven days of it: holders of one key appear on different days."""
    rows = known.tables["exchanges"]
    days = pa.compute.less(
        pa.compute.subtract(rows["ts"], pa.scalar(START)), pa.scalar(7 * 86_400_000_000, pa.duration("us"))
    )
    return rows.filter(days)


def scanned(known: Traffic, week: pa.Table, folder: Path) -> Path:
    data = known.but(exchanges=week).write(folder / "data")
    return scan(
        data, folder / "scanned", ScanSettings(key_file=folder / "secret.key", quiet=True, report=False)
    )


def test_a_week_watched_is_the_week_scanned(known: Traffic, week: pa.Table, tmp_path: Path) -> None:
    """Every row of every result, from many small steps, day by day."""
    s = settings(tmp_path, beside=tmp_path / "data")
    known.but(exchanges=week).write(tmp_path / "data")
    log = write_lines(tmp_path / "log" / "requests.jsonl", lines(week))
    watcher = watched(s, log)
    full = scanned(known, week, tmp_path)
    assert week.num_rows == watcher.counts.exchanges
    assert read_table(full, "campaigns").num_rows
    for name in RESULTS:
        assert read_table(full, name).equals(read_table(s.state / "results", name)), name
