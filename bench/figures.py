"""What benchmarks share: figures beside their baselines, processor time, programs in a process of their own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

STILLWATCH = "from stillwatch.app.cli import main; main()"
RIVALS = Path(sys.prefix) / "rivals" / "bin" / "python"  # installed apart: scripts/install-rivals


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value beside that of a baseline, which was measured in the same run and in the same unit."""

    what: str
    value: float
    unit: str
    baseline: str
    beside: float | None  # none where the baseline is not installed
    less: bool = False  # whether less is better, as of seconds

    @property
    def ratio(self) -> float | None:
        """The value in baselines."""
        return self.value / self.beside if self.beside else None


def finish(figures: Sequence[Figure], **details: Any) -> None:
    """Print the last line of a benchmark: its figures, and what else it measured, as JSON."""
    told = [{**asdict(f), "ratio": f.ratio and float(f"{f.ratio:.4g}")} for f in figures]
    print(json.dumps({"ratios": told, **details}))


def best_seconds(work: Callable[[], object], *, repeats: int = 3) -> float:
    """Least processor seconds, of all threads, of a few runs after one that warms up."""
    work()
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


@dataclass(frozen=True, slots=True)
class Used:
    """What a process used, with all that it started: processor seconds and most memory; what it printed."""

    seconds: float
    wall_seconds: float
    memory_bytes: int
    printed: str


def used(program: str, *arguments: str | Path, python: Path | str = sys.executable) -> Used:
    """Run a Python program by itself; ends this one if it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen([python, "-c", program, *map(str, arguments)], stdout=printed)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"failed: {' '.join(map(str, arguments))}")
        printed.seek(0)
        wall = time.perf_counter() - began
        return Used(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024, printed.read())


def rival(name: str, *arguments: str | Path) -> dict[str, Any] | None:
    """What a function of bench/rivals.py found with a library that is installed apart; nothing if it is not there."""
    if not RIVALS.exists():
        return None
    command = [RIVALS, Path(__file__).with_name("rivals.py"), name, *arguments]
    found: dict[str, Any] = json.loads(
        subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    )
    return found


def commit() -> str:
    """The commit that is measured, with `-dirty` where files differ from it; empty outside a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def processor() -> str:
    """The model of the processor, its architecture where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
