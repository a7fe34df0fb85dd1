"""Sketches kept from scan to scan: the same results, and only new files are read."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.datasets import traffic
from tests.scenarios.commands import run
from tests.scenarios.conftest import write_key

from stillwatch.store.results import read_table


class Site:
    """A dataset in three files of which the last is not there yet, and a key."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, write_key(folder / "key")
        self.data, self.parts = folder / "data", folder / "data/exchanges"
        self.parts.mkdir(parents=True)
        made = traffic(residents=60, campaign=20, pupils=8).tables
        for name, table in made.items():
            if name != "exchanges":
                pq.write_table(table, self.data / f"{name}.parquet")
        rows = made["exchanges"]
        self.third = rows.slice(2 * (len(rows) // 3))
        for n in range(2):
            pq.write_table(rows.slice(n * (len(rows) // 3), len(rows) // 3), self.parts / f"{n}.parquet")

    def scan(self, out: str, *options: str | Path) -> dict[str, object]:
        """Scan; what the summary says of the input."""
        ran = run("scan", self.data, "--out", self.folder / out, "--key-file", self.key, "--json", *options)
        assert 0 == ran.code, ran
        found: dict[str, object] = json.loads(ran.out)["input"]
        return found

    def differing(self, one: str, other: str) -> list[str]:
        """Result tables that differ."""
        names = sorted(p.stem for p in (self.folder / one).glob("*.parquet"))
        assert names
        pairs = ((n, read_table(self.folder / one, n), read_table(self.folder / other, n)) for n in names)
        return [name for name, a, b in pairs if not a.equals(b)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A fresh one for each test: they change it."""
    return Site(tmp_path)


def test_a_second_scan_reads_only_the_new_file_and_finds_the_same(site: Site) -> None:
    kept = ("--sketches", site.folder / "sketches")
    assert {"read": 2, "kept": 0} == site.scan("first", *kept)["files"]
    pq.write_table(site.third, site.parts / "2.parquet")
    assert {"read": 1, "kept": 2} == site.scan("second", *kept)["files"]
    site.scan("plain")
    assert [] == site.differing("plain", "second")
    assert read_table(site.folder / "plain", "campaigns").num_rows > 0


def test_changed_files_are_read_again_and_gone_ones_forgotten(site: Site) -> None:
    kept = ("--sketches", site.folder / "sketches", "--as-of", "2026-03-05T00:00Z")
    site.scan("first", *kept)
    pq.write_table(site.third, site.parts / "1.parquet")
    assert {"read": 1, "kept": 1} == site.scan("second", *kept)["files"]
    assert 2 == len(list((site.folder / "sketches").iterdir()))
    site.scan("plain", *kept[2:])
    assert [] == site.differing("plain", "second")


def test_sketches_hold_no_text(site: Site) -> None:
    site.scan("first", "--sketches", site.folder / "sketches")
    text = next(t for t in site.third["prompt_text"].to_pylist() if t and len(t) > 40)
    files = [p for p in (site.folder / "sketches").rglob("*") if p.is_file()]
    columns = {c for p in files if p.suffix == ".parquet" for c in pq.read_schema(p).names}
    assert files
    assert not {"prompt_text", "system_text", "response_text"} & columns
    assert not [p for p in files if text[:24].encode() in p.read_bytes()]
