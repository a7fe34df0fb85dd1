"""How time and memory of a scan grow, beside the least that any scan must do: python bench/growth.py [--scale X ...].

For each scale a replay of the disclosure is simulated, text included, and scanned. The read floor is DuckDB reading
the same columns, hashing the text once and grouping once by account. Times are processor time, user and system, of a
process of its own with everything it starts, so that neighbours matter less. `--data DIR` keeps what was simulated
for the next run, `--plot FILE` draws the figures. The last line holds all of them as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCENARIO = "disclosure-2026-02"
SCALES = (0.0025, 0.01, 0.04)
PROGRAM = "from stillwatch.app.cli import main; main()"
FLOOR = """
import sys, duckdb
columns = [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{sys.argv[1]}'").fetchall()]
text = ("system_text", "prompt_text")
read = ", ".join([f"count({c})" for c in columns if c not in text] + [f"bit_xor(hash({c}))" for c in text])
duckdb.sql(f"SELECT account_id, count(*), {read} FROM '{sys.argv[1]}' GROUP BY account_id").fetchall()
"""


@dataclass(frozen=True, slots=True)
class Used:
    """What a process used: processor seconds and most memory, and what it printed."""

    seconds: float
    memory_bytes: int
    printed: str


@dataclass(frozen=True, slots=True)
class Run:
    """One size: processor seconds and most memory of each program."""

    exchanges: int
    accounts: int
    simulate_seconds: float
    simulate_memory_bytes: int
    scan_seconds: float
    scan_memory_bytes: int
    floor_seconds: float
    stages: Mapping[str, float]  # seconds by the clock

    @property
    def floors(self) -> float:
        """The scan's time in floors."""
        return self.scan_seconds / self.floor_seconds


def used(program: str, *arguments: str | Path) -> Used:
    """Run a Python program by itself."""
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], stdout=printed)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"failed: {' '.join(map(str, arguments))}")
        printed.seek(0)
        return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, printed.read())


def measure(scale: float, data: Path, work: Path) -> Run:
    """Simulate unless it is there, read, scan."""
    folder, record = data / f"scale-{scale:g}", data / f"scale-{scale:g}.json"
    if not record.exists():
        made = used(PROGRAM, "simulate", SCENARIO, "--scale", f"{scale:g}", "--out", folder, "--json")
        record.write_text(json.dumps(asdict(made)), "utf-8")
    made = Used(**json.loads(record.read_text("utf-8")))
    counts = json.loads(made.printed)
    floor = used(FLOOR, folder / "exchanges.parquet")
    options = ("--out", work / "results", "--key-file", work / "hash.key", "--json")
    scanned = used(PROGRAM, "scan", folder, *options)
    timings = json.loads(scanned.printed)["timings"]
    return Run(
        counts["exchanges"], counts["accounts"], made.seconds, made.memory_bytes, scanned.seconds,
        scanned.memory_bytes, floor.seconds, {t["stage"]: t["seconds"] for t in timings},
    )  # fmt: skip


def show(run: Run) -> None:
    """A line for each program."""
    million = run.exchanges / 1e6
    print(f"{run.exchanges:,} exchanges of {run.accounts:,} accounts")
    for name, seconds, memory in (
        ("simulate", run.simulate_seconds, run.simulate_memory_bytes),
        ("floor", run.floor_seconds, 0),
        ("scan", run.scan_seconds, run.scan_memory_bytes),
    ):
        size = (
            f"{memory / 2**20:8,.0f} MiB {memory / run.exchanges:8,.0f} bytes an exchange" if memory else ""
        )
        print(f"  {name:9} {seconds:8.1f} s {seconds / million:8.1f} s a million {size}")
    print(f"  the scan takes {run.floors:.1f} floors", flush=True)


def growth(runs: Sequence[Run]) -> dict[str, float]:
    """From the smallest to the largest: how many times more exchanges, and time and memory for each."""
    least, most = runs[0], runs[-1]
    times = most.exchanges / least.exchanges
    return {
        "exchanges": round(times, 2),
        "seconds_per_exchange": round(most.scan_seconds / least.scan_seconds / times, 2),
        "memory_per_exchange": round(most.scan_memory_bytes / least.scan_memory_bytes / times, 2),
        "floors": round(most.floors, 1),
    }


def draw(runs: Sequence[Run], path: Path) -> None:
    """Time and memory per million exchanges against the number of exchanges, the floor beside."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    size = [run.exchanges / 1e6 for run in runs]
    lines = {
        "processor seconds per million exchanges": {
            "scan": [run.scan_seconds / n for run, n in zip(runs, size, strict=True)],
            "simulate": [run.simulate_seconds / n for run, n in zip(runs, size, strict=True)],
            "read floor": [run.floor_seconds / n for run, n in zip(runs, size, strict=True)],
        },
        "bytes of memory per exchange": {
            "scan": [run.scan_memory_bytes / n / 1e6 for run, n in zip(runs, size, strict=True)],
            "simulate": [run.simulate_memory_bytes / n / 1e6 for run, n in zip(runs, size, strict=True)],
        },
    }
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        canvas = Figure(figsize=(8, 3), layout="constrained")
        for axis, (title, series) in zip(canvas.subplots(1, 2), lines.items(), strict=True):
            for name, values in series.items():
                axis.plot(size, values, "o-", lw=1, ms=4, label=name)
            axis.set(xscale="log", ylim=(0, None), xlabel="million exchanges", title=title)
            axis.set_xticks(size, [f"{n:.2g}" for n in size], minor=False)
            axis.minorticks_off()
            axis.legend(frameon=False)
        canvas.savefig(path, dpi=110, metadata={"Software": None})


def main() -> None:
    """Measure each size, print a table and the growth between the smallest and the largest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, nargs="+", default=list(SCALES))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as name:
        data = asked.data or Path(name) / "data"
        data.mkdir(parents=True, exist_ok=True)
        for scale in sorted(asked.scale):
            runs.append(measure(scale, data, Path(name)))
            show(runs[-1])
    figures: dict[str, Any] = {"runs": [asdict(run) for run in runs], "growth": growth(runs)}
    if asked.plot:
        draw(runs, asked.plot)
    print("growth, for each exchange:", figures["growth"])
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
