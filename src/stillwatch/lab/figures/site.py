"""Simulated data in a scratch folder, and scans of it: each simulation and each scan is made once, however many figures
need it, and deleted at the end.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.lab.figures.keyfile import measuring_key
from stillwatch.lab.figures.suite import Cell, Source

Run = Callable[[Sequence[str]], None]  # runs `stillwatch` with these arguments


@dataclass(frozen=True, slots=True)
class Scanned:
    """Results of a scan, and of the one before it with the same state, if there was one; seconds of the last."""

    results: Path
    before: Path | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Site:
    """Data of one simulation in `folder`, with the scans made so far. `threads` is what a scan may use, 0 for all."""

    source: Source
    folder: Path
    run: Run
    threads: int = 0
    made: dict[tuple[object, ...], Scanned] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The tables; the truth lies in `truth` below."""
        return self.folder / "data"

    @property
    def key(self) -> str:
        """Hash key of its scans."""
        return str(measuring_key(self.folder, self.source.seed))

    def simulate(self) -> None:
        """Write the data."""
        self.run(simulate_arguments(self.source, self.data))

    def scanned(self, cell: Cell) -> Scanned:
        """The scan that a cell asks for.

        Raises `CalledProcessError` if it fails.
        """
        asked = (cell.scan, cell.before_days)
        if asked not in self.made:
            self.made[asked] = self._scan(cell, f"scan-{len(self.made)}")
        return self.made[asked]

    def replayed(self, cell: Cell) -> Path:
        """The replay that a cell asks for."""
        out = self.folder / f"replay-{cell.replay}"
        if not out.exists():
            options = ["--every", cell.replay, *self._limits(), "--json"]
            self.run(["replay", str(self.data), "--out", str(out), *options])
        return out

    def _scan(self, cell: Cell, name: str) -> Scanned:
        results, before = self.folder / name, self.folder / f"{name}-before"
        options = [*self._limits(), *cell.scan, "--json"]
        if cell.before_days:
            options = ["--state", str(self.folder / f"{name}-state"), *options]
            limit = _start(self.data) + timedelta(days=cell.before_days)
            self.run(["scan", str(self.data), "--out", str(before), "--as-of", limit.isoformat(), *options])
        begun = time.monotonic()
        self.run(["scan", str(self.data), "--out", str(results), *options])
        return Scanned(results, before if cell.before_days else None, time.monotonic() - begun)

    def _limits(self) -> list[str]:
        return ["--key-file", self.key, *(["--threads", str(self.threads)] if self.threads else [])]


@contextmanager
def site(source: Source, folder: Path, run: Run, threads: int = 0) -> Iterator[Site]:
    """A place for a simulation and its scans, gone afterwards whatever happens."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Site(source, folder, run, threads)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def simulate_arguments(source: Source, out: Path) -> list[str]:
    """Arguments of `stillwatch` that write a simulation."""
    made = ["simulate", source.scenario, "--scale", f"{source.scale:g}", "--seed", str(source.seed)]
    return [*made, *source.simulate, "--out", str(out), "--json"]


def _start(data: Path) -> datetime:
    """Time of the first exchange."""
    parts = sorted(data.glob("exchanges*.parquet")) or sorted((data / "exchanges").rglob("*.parquet"))
    first: datetime = min(pc.min(pq.read_table(part, columns=["ts"])["ts"]).as_py() for part in parts)
    return first
