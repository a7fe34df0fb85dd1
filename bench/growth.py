"""How time and memory of a scan grow, beside the least that any scan must do: python bench/growth.py [--scale X ...].

For each scale a replay of the disclosure is simulated, text included, and scanned. The read floor is DuckDB reading
the same columns, hashing the text once and grouping once by account. Times are processor time, user and system, of a
process of its own with everything it starts, so that neighbours matter less. Then the largest is scanned once more
under a profiler, in one thread, which shows where the time goes, not how much it is; `--no-profile` leaves that out.
`--memory SIZE` is passed on to the scans. `--data DIR` keeps what was simulated for the next run, `--plot FILE` draws
the figures, `--from FILE ...` draws and prints those of earlier runs. The last line holds all of them as JSON.
"""

from __future__ import annotations

import argparse
import json
import pstats
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from figures import STILLWATCH, Figure, Used, finish, used

SCENARIO = "disclosure-2026-02"
SCALES = (0.0005, 0.01, 0.025)
FLAT = 0.2  # time and memory for each exchange may grow by so much
SHOWN = 15  # rows of the profile
FLOOR = """
import sys, duckdb
columns = [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{sys.argv[1]}'").fetchall()]
text = ("system_text", "prompt_text")
read = ", ".join([f"count({c})" for c in columns if c not in text] + [f"bit_xor(hash({c}))" for c in text])
duckdb.sql(f"SELECT account_id, count(*), {read} FROM '{sys.argv[1]}' GROUP BY account_id").fetchall()
"""
PROFILED = """
import cProfile, sys
from stillwatch.app.cli import main
file = sys.argv.pop(1)
profile = cProfile.Profile()
try:
    profile.runcall(main)
except SystemExit as end:
    if end.code: raise
finally:
    profile.dump_stats(file)
"""


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
    floor_memory_bytes: int
    stages: Mapping[str, float]  # seconds by the clock
    scan_wall_seconds: float

    @property
    def floors(self) -> float:
        """The scan's time in floors."""
        return self.scan_seconds / self.floor_seconds


def simulated(scale: float, data: Path) -> tuple[Path, Used]:
    """The folder of that scale, and what making it took; made unless it is there."""
    folder, record = data / f"scale-{scale:g}", data / f"scale-{scale:g}.json"
    if not record.exists():
        made = used(STILLWATCH, "simulate", SCENARIO, "--scale", f"{scale:g}", "--out", folder, "--json")
        record.write_text(json.dumps(asdict(made)), "utf-8")
    return folder, Used(**json.loads(record.read_text("utf-8")))


def options(work: Path, memory: str) -> tuple[str | Path, ...]:
    """What every scan is told."""
    limit = ("--memory", memory) if memory else ()
    return "--out", work / "results", "--key-file", work / "hash.key", "--json", *limit


def measure(scale: float, data: Path, work: Path, memory: str) -> Run:
    """Simulate, read, scan."""
    folder, made = simulated(scale, data)
    counts = json.loads(made.printed)
    floor = used(FLOOR, folder / "exchanges.parquet")
    scanned = used(STILLWATCH, "scan", folder, *options(work, memory))
    timings = json.loads(scanned.printed)["timings"]
    return Run(
        counts["exchanges"], counts["accounts"], made.seconds, made.memory_bytes, scanned.seconds, scanned.memory_bytes,
        floor.seconds, floor.memory_bytes, {t["stage"]: t["seconds"] for t in timings},
        scanned.wall_seconds,
    )  # fmt: skip


def show(run: Run) -> None:
    """A line for each program and for each stage."""
    million = run.exchanges / 1e6
    print(f"{run.exchanges:,} exchanges of {run.accounts:,} accounts")
    for name, seconds, memory in (
        ("simulate", run.simulate_seconds, run.simulate_memory_bytes),
        ("floor", run.floor_seconds, run.floor_memory_bytes),
        ("scan", run.scan_seconds, run.scan_memory_bytes),
    ):
        size = f"{memory / 2**20:8,.0f} MiB {memory / run.exchanges:8,.0f} bytes an exchange"
        print(f"  {name:9} {seconds:8.1f} s {seconds / million:8.1f} s a million {size}")
    print(
        f"  the scan takes {run.floors:.1f} floors and {run.scan_wall_seconds:.0f} s by the clock; its stages:"
    )
    for stage, seconds in run.stages.items():
        print(f"    {stage:22} {seconds:8.1f} s {seconds / million:8.1f} s a million", flush=True)


def growth(runs: Sequence[Run]) -> dict[str, float]:
    """From the smallest to the largest: how many times more exchanges, and time and memory for each."""
    least, most = runs[0], runs[-1]
    times = most.exchanges / least.exchanges
    return {
        "exchanges": round(times, 2),
        "seconds_per_exchange": round(most.scan_seconds / least.scan_seconds / times, 2),
        "floor_seconds_per_exchange": round(most.floor_seconds / least.floor_seconds / times, 2),
        "memory_per_exchange": round(most.scan_memory_bytes / least.scan_memory_bytes / times, 2),
        "floors": round(most.floors, 1),
    }


def profile(scale: float, data: Path, work: Path, memory: str) -> list[dict[str, str | float]]:
    """The functions of a scan that took longest by themselves; also prints the steps of `app` with all they call."""
    folder, _ = simulated(scale, data)
    file = work / "profile"
    used(PROFILED, file, "scan", folder, *options(work, memory), "--threads", "1")
    stats = pstats.Stats(str(file))
    rows = [(place(key), own, whole) for key, (_, _, own, whole, _) in stats.stats.items()]  # type: ignore[attr-defined]
    total = sum(own for _, own, _ in rows)
    print("\nsteps, with all they call, profiled in one thread beside the one that reads")
    steps = [
        (name, whole) for name, _, whole in rows if name.startswith(("app/scan", "app/linking", "app/stages"))
    ]
    for name, whole in sorted(steps, key=lambda step: -step[1])[:SHOWN]:
        print(f"  {whole:8.1f} s {whole / total:6.1%} {name}")
    print("functions by themselves; waiting for a lock is waiting for the other thread")
    longest = sorted(rows, key=lambda row: -row[1])[:SHOWN]
    for name, own, _ in longest:
        print(f"  {own:8.1f} s {own / total:6.1%} {name}", flush=True)
    return [{"function": name, "seconds": round(own, 2)} for name, own, _ in longest]


def place(function: tuple[str, int, str]) -> str:
    """File and name of a function, the file from its package on."""
    file, _, name = function
    parts = Path(file).parts
    start = max((i + 1 for i, part in enumerate(parts) if part in ("stillwatch", "site-packages")), default=0)
    return f"{'/'.join(parts[start:])} {name}" if parts[:1] != ("~",) else name


def draw(runs: Sequence[Run], path: Path) -> None:
    """Time and memory per million exchanges against the number of exchanges; what lies in the grey band is flat."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    size = [run.exchanges / 1e6 for run in runs]
    each = list(zip(runs, size, strict=True))
    lines = {
        "processor seconds per million exchanges": {
            "scan": [run.scan_seconds / n for run, n in each],
            "simulate": [run.simulate_seconds / n for run, n in each],
            "read floor": [run.floor_seconds / n for run, n in each],
        },
        "bytes of memory per exchange": {
            "scan": [run.scan_memory_bytes / n / 1e6 for run, n in each],
            "simulate": [run.simulate_memory_bytes / n / 1e6 for run, n in each],
            "read floor": [run.floor_memory_bytes / n / 1e6 for run, n in each],
        },
    }
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        canvas = Canvas(figsize=(8, 3), layout="constrained")
        for axis, (title, series) in zip(canvas.subplots(1, 2), lines.items(), strict=True):
            first = series["scan"][0]
            axis.axhspan(first * (1 - FLAT), first * (1 + FLAT), color="0.92", lw=0)
            for name, values in series.items():
                axis.plot(size, values, "o-", lw=1, ms=4, label=name)
            axis.set(xscale="log", ylim=(0, None), xlabel="million exchanges", title=title)
            axis.set_xticks(size, [f"{n:.2g}" for n in size], minor=False)
            axis.minorticks_off()
            axis.legend(frameon=False)
        canvas.savefig(path, dpi=110, metadata={"Software": None})


def ratios(runs: Sequence[Run]) -> list[Figure]:
    """Each size beside its floor; the largest beside the smallest, for each exchange."""
    found = [
        Figure(f"scan of {r.exchanges:,}", r.scan_seconds, "s", "read floor", r.floor_seconds, less=True)
        for r in runs
    ]
    least, most = runs[0], runs[-1]
    if most is least:
        return found
    seconds, memory = (
        [(r.scan_seconds * 1e6 / r.exchanges, r.scan_memory_bytes / r.exchanges)[i] for r in (most, least)]
        for i in (0, 1)
    )
    beside = f"scan of {least.exchanges:,}"
    return [
        *found,
        Figure("the largest, per million", seconds[0], "s", beside, seconds[1], less=True),
        Figure("the largest, memory each", memory[0], "bytes", beside, memory[1], less=True),
    ]


def measured(
    scales: Sequence[float], data: Path | None, memory: str, *, profiled: bool
) -> tuple[list[Run], list[dict[str, str | float]]]:
    """Runs of each scale, printed as they come, and the profile of the largest."""
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as name:
        kept = data or Path(name) / "data"
        kept.mkdir(parents=True, exist_ok=True)
        for scale in sorted(scales):
            runs.append(measure(scale, kept, Path(name), memory))
            show(runs[-1])
        return runs, profile(max(scales), kept, Path(name), memory) if profiled else []


def main() -> None:
    """Measure each size, print a table, the growth between the smallest and the largest, and the profile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, nargs="+", default=list(SCALES))
    parser.add_argument("--memory", default="")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument(
        "--from", type=Path, nargs="+", dest="earlier", metavar="FILE", help="last lines of earlier runs"
    )
    parser.add_argument("--no-profile", action="store_true")
    asked = parser.parse_args()
    hot: list[dict[str, str | float]] = []
    if asked.earlier:
        last = [json.loads(file.read_text("utf-8").splitlines()[-1]) for file in asked.earlier]
        runs = sorted((Run(**run) for one in last for run in one["runs"]), key=lambda run: run.exchanges)
        for run in runs:
            show(run)
    else:
        runs, hot = measured(asked.scale, asked.data, asked.memory, profiled=not asked.no_profile)
    if asked.plot:
        draw(runs, asked.plot)
    grown = growth(runs)
    print(f"{grown['exchanges']} times the exchanges; for each of them:")
    print(f"  {grown['seconds_per_exchange']} times the time of a scan")
    print(f"  {grown['memory_per_exchange']} times its memory")
    print(f"  {grown['floor_seconds_per_exchange']} times the time of the floor")
    finish(ratios(runs), runs=[asdict(run) for run in runs], growth=grown, profile=hot)


if __name__ == "__main__":
    main()
