"""One scan for all tests that only read results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from tests.datasets import Traffic, traffic, write_truth

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.store.results import read_table

KEY = bytes(range(100, 132))


@dataclass(frozen=True)
class Scanned:
    """A dataset, its folder, the results of its scan, the key file that was used, and the truth."""

    traffic: Traffic
    data: Path
    results: Path
    key: Path
    truth: Path

    def table(self, name: str) -> pa.Table:
        """A result table."""
        return read_table(self.results, name)

    def again(self, data: Path, out: Path, *, threads: int = 0) -> Path:
        """Scan other data with the same key; returns the results."""
        return scan(data, out, ScanSettings(key_file=self.key, threads=threads, quiet=True))


def write_key(path: Path) -> Path:
    """A key file with known bytes."""
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key file."""
    return write_key(tmp_path / "secret.key")


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """The standard dataset, scanned once; nobody may change it."""
    folder = tmp_path_factory.mktemp("scanned")
    known = traffic()
    data = known.write(folder / "data")
    out = folder / "results"
    key = write_key(folder / "secret.key")
    scan(data, out, ScanSettings(key_file=key, quiet=True))
    return Scanned(known, data, out, key, write_truth(folder / "truth", known))
