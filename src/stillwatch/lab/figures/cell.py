"""One cell: the figures of a scan of a simulation, kept as JSON. What was done before is not done again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import stillwatch
from stillwatch.lab.figures.site import Run, Site
from stillwatch.lab.figures.suite import Cell
from stillwatch.lab.learn.holdout import Known, known_groups
from stillwatch.lab.observe import Campaign, Observation, observe
from stillwatch.lab.reidentify import Reidentification, reidentify
from stillwatch.lab.replay.early import Alarms, Early, early
from stillwatch.model.errors import InputError, ResourceError, StillwatchError
from stillwatch.model.typed import ready

T = TypeVar("T")

COUNTED = (".py", ".toml", ".json", ".parquet")
FORMAT = 2  # of the files that are kept


@dataclass(frozen=True, slots=True)
class Done:
    """A cell that was run: what was seen, and what it took."""

    cell: Cell
    code: str
    version: str
    observation: Observation
    exchanges: int
    scan_seconds: float
    peak_memory_bytes: int
    reidentified: Reidentification | None = None
    early: tuple[Early, ...] = ()
    alarms: Alarms | None = None
    groups: tuple[Known, ...] = ()  # what the scan formed, measured and labelled
    threads: int = 0  # that the scan was given, 0 for all


@dataclass(frozen=True, slots=True)
class Failed:
    """A cell that could not be run, and why."""

    cell: Cell
    reason: str


APART = (
    "app/report", "cases", "counter", "enforce", "share",
    "lab/compare", "lab/figures", "lab/native", "lab/peers", "lab/redteam", "lab/reference", "lab/reliability",
    "lab/data/suite.toml", "lab/data/aims.toml", "lab/data/redteam", "lab/data/reliability.toml",
    "lab/data/redteam_prices.toml",
)  # fmt: skip


def code_digest(
    package: Path | None = None, *, apart: Sequence[str] = APART, only: Sequence[str] = ()
) -> str:
    """Digest of our program and its data, without what figures do not depend on; of some parts `only`, if named."""
    root = package or Path(stillwatch.__file__).parent
    total = hashlib.blake2b(digest_size=8)
    for file in _counted(root, apart, only):
        total.update(str(file.relative_to(root)).encode() + b"\0")
        total.update(hashlib.blake2b(file.read_bytes()).digest())
    return total.hexdigest()


def _counted(root: Path, apart: Sequence[str], only: Sequence[str]) -> Iterator[Path]:
    left_out, wanted = {root / name for name in apart}, {root / name for name in only or (".",)}
    for file in sorted(root.rglob("*")):
        places = {file, *file.parents}
        if file.suffix in COUNTED and file.is_file() and wanted & places and not left_out & places:
            yield file


def key_of(cell: Cell, code: str) -> str:
    """Name under which a cell is kept: it changes with the code and with every argument, and the red team's cases."""
    cases = code_digest(apart=(), only=("lab/data/redteam",)) if cell.scenario == "redteam" else ""
    what = json.dumps([FORMAT, code + cases, asdict(cell)], sort_keys=True)
    return hashlib.blake2b(what.encode(), digest_size=8).hexdigest()


def kept(cell: Cell, code: str, work: Path) -> Done | None:
    """The cell as it was run before with the same code, if it was."""
    return read_kept(work / "cells" / f"{key_of(cell, code)}.json", Done)


def read_kept(file: Path, what: type[T]) -> T | None:
    """What was kept in a file, None if nothing was.

    Raises `InputError` if the file is damaged.
    """
    if not file.exists():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=ready(what))
    except msgspec.MsgspecError as error:
        raise InputError("is damaged", where=str(file), remedy="Delete the file and run again") from error


def run_cell(cell: Cell, code: str, work: Path, at: Site) -> Done | Failed:
    """Scan what lies at the site as the cell asks, and keep the figures."""
    try:
        scanned = at.scanned(cell)
        done = _done(cell, code, at, scanned.results, scanned.seconds)
        if scanned.before is not None:
            done = replace(done, reidentified=reidentify(scanned.before, scanned.results, at.data / "truth"))
        if cell.replay:
            found, alarms = early(at.replayed(cell), at.data)
            done = replace(done, early=found, alarms=alarms)
    except subprocess.CalledProcessError as error:
        return Failed(cell, reason_of(error))
    except StillwatchError as error:
        return Failed(cell, f"{error.where}: {error.what}")
    keep(done, work / "cells" / f"{key_of(cell, code)}.json")
    return done


def reason_of(error: subprocess.CalledProcessError) -> str:
    """What a command said when it failed: its JSON error, or the end of what it wrote."""
    try:
        told = json.loads(error.stdout or "")
        return f"{told['where']}: {told['error']}" if told["where"] else str(told["error"])
    except (ValueError, KeyError, TypeError):
        return (error.stderr or error.stdout or str(error)).strip()[-300:]


def _done(cell: Cell, code: str, at: Site, results: Path, seconds: float) -> Done:
    summary: dict[str, Any] = json.loads((results / "summary.json").read_text("utf-8"))
    truth, run = at.data / "truth", f"{cell.scenario}, seed {cell.seed}"
    seen = observe(results, truth)
    seen = replace(seen, run=f"seed {cell.seed}", campaigns=tuple(_renamed(c, cell) for c in seen.campaigns))
    own = not cell.scan and (results / "measurements.parquet").exists()
    groups = [_placed(known, run) for known in known_groups(results, truth)] if own else []
    return Done(
        cell,
        code,
        stillwatch.__version__,
        seen,
        int(summary["input"]["exchanges"]),
        seconds,
        int(summary["peak_memory_bytes"]),
        groups=tuple(groups),
        threads=at.threads,
    )


def _placed(known: Known, run: str) -> Known:
    """The folder is deleted, so scenario and seed say where a group was."""
    return replace(known, group=replace(known.group, run=run))


def _renamed(campaign: Campaign, cell: Cell) -> Campaign:
    """The data is deleted, so the seed says where a campaign was, not the folder."""
    return replace(campaign, run=f"seed {cell.seed}")


def keep(done: object, file: Path) -> None:
    """Write as a whole or not at all."""
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.format(msgspec.json.encode(done), indent=1) + b"\n")
        part.rename(file)
    except OSError as error:
        raise ResourceError(f"cannot write: {error}", where=str(file), remedy="Free space") from error


def command_line(seconds: float) -> Run:
    """Runs `stillwatch` in a process of its own, for at most so long."""

    def run(arguments: Sequence[str]) -> None:
        program = [sys.executable, "-c", "from stillwatch.app.cli import main; main()", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(stillwatch.__file__).parents[1])}
        try:
            subprocess.run(  # noqa: S603 - our own program
                program, check=True, capture_output=True, text=True, timeout=seconds, env=environment
            )
        except subprocess.TimeoutExpired as error:
            reason = f"not done after {seconds:.0f} s"
            raise subprocess.CalledProcessError(1, arguments[0], stderr=reason) from error

    return run
