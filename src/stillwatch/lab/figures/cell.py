"""One cell: simulate, scan, compare, keep the figures, delete the data. What was done before is not done again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq

import stillwatch
from stillwatch.lab.figures.keyfile import measuring_key
from stillwatch.lab.figures.suite import Cell
from stillwatch.lab.observe import Campaign, Observation, observe
from stillwatch.lab.reidentify import Reidentification, reidentify
from stillwatch.lab.replay.early import Alarms, Early, early
from stillwatch.model.errors import InputError, ResourceError

Run = Callable[[Sequence[str]], None]  # runs `stillwatch` with these arguments

COUNTED = (".py", ".toml", ".json", ".parquet")
FORMAT = 1  # of the files that are kept


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


@dataclass(frozen=True, slots=True)
class Failed:
    """A cell that could not be run, and why."""

    cell: Cell
    reason: str


def code_digest(package: Path | None = None) -> str:
    """Digest of our program and its data, without what only presents figures."""
    root = package or Path(stillwatch.__file__).parent
    total = hashlib.blake2b(digest_size=8)
    for file in _counted(root):
        total.update(str(file.relative_to(root)).encode() + b"\0")
        total.update(hashlib.blake2b(file.read_bytes()).digest())
    return total.hexdigest()


def _counted(root: Path) -> Iterator[Path]:
    apart = {root / "lab" / "figures", root / "lab" / "redteam", root / "app" / "report"}
    single = {root / "lab" / "data" / name for name in ("suite.toml", "aims.toml")}
    for file in sorted(root.rglob("*")):
        if file.suffix in COUNTED and file.is_file() and not apart & set(file.parents) and file not in single:
            yield file


def key_of(cell: Cell, code: str) -> str:
    """Name under which a cell is kept: it changes with the code and with every argument."""
    what = json.dumps([FORMAT, code, asdict(cell)], sort_keys=True)
    return hashlib.blake2b(what.encode(), digest_size=8).hexdigest()


def kept(cell: Cell, code: str, work: Path) -> Done | None:
    """The cell as it was run before with the same code, if it was."""
    file = work / "cells" / f"{key_of(cell, code)}.json"
    if not file.exists():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Done)
    except msgspec.MsgspecError as error:
        raise InputError("is damaged", where=str(file), remedy="Delete the file and run again") from error


def run_cell(cell: Cell, code: str, work: Path, run: Run) -> Done | Failed:
    """Run the cell and keep its figures; the data it took are deleted, whatever happens."""
    scratch = work / "scratch" / key_of(cell, code)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    data, results = scratch / "data", scratch / "results"
    try:
        made = ["simulate", cell.scenario, "--scale", f"{cell.scale:g}", "--seed", str(cell.seed)]
        run([*made, *cell.simulate, "--out", str(data), "--json"])
        begun = time.monotonic()
        key = str(measuring_key(scratch, cell.seed))
        options = ["--key-file", key, *cell.scan, "--json"]
        before = scratch / "before"
        if cell.before_days:
            options = ["--state", str(scratch / "state"), *options]
            limit = _start(data) + timedelta(days=cell.before_days)
            run(["scan", str(data), "--out", str(before), "--as-of", limit.isoformat(), *options])
            begun = time.monotonic()
        run(["scan", str(data), "--out", str(results), *options])
        seconds = time.monotonic() - begun
        done = _done(cell, code, data, results, seconds)
        if cell.before_days:
            done = replace(done, reidentified=reidentify(before, results, data / "truth"))
        if cell.replay:
            again = scratch / "replayed"
            run(
                [
                    "replay",
                    str(data),
                    "--out",
                    str(again),
                    "--every",
                    cell.replay,
                    "--key-file",
                    key,
                    "--json",
                ]
            )
            found, alarms = early(again, data)
            done = replace(done, early=found, alarms=alarms)
    except subprocess.CalledProcessError as error:
        return Failed(cell, reason_of(error))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _keep(done, work / "cells" / f"{key_of(cell, code)}.json")
    return done


def _start(data: Path) -> datetime:
    """Time of the first exchange."""
    parts = sorted(data.glob("exchanges*.parquet")) or sorted((data / "exchanges").rglob("*.parquet"))
    first: datetime = min(pc.min(pq.read_table(part, columns=["ts"])["ts"]).as_py() for part in parts)
    return first


def reason_of(error: subprocess.CalledProcessError) -> str:
    """What a command said when it failed: its JSON error, or the end of what it wrote."""
    try:
        told = json.loads(error.stdout or "")
        return f"{told['where']}: {told['error']}" if told["where"] else str(told["error"])
    except (ValueError, KeyError, TypeError):
        return (error.stderr or error.stdout or str(error)).strip()[-300:]


def _done(cell: Cell, code: str, data: Path, results: Path, seconds: float) -> Done:
    summary: dict[str, Any] = json.loads((results / "summary.json").read_text("utf-8"))
    seen = observe(results, data / "truth")
    seen = replace(seen, run=f"seed {cell.seed}", campaigns=tuple(_renamed(c, cell) for c in seen.campaigns))
    return Done(
        cell,
        code,
        stillwatch.__version__,
        seen,
        int(summary["input"]["exchanges"]),
        seconds,
        int(summary["peak_memory_bytes"]),
    )


def _renamed(campaign: Campaign, cell: Cell) -> Campaign:
    """The data is deleted, so the seed says where a campaign was, not the folder."""
    return replace(campaign, run=f"seed {cell.seed}")


def _keep(done: Done, file: Path) -> None:
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
