"""Time and memory of each stage of a scan, and how they grow: python bench/scan.py [--exchanges N ...].

For each size a replay of the disclosure of about that many exchanges is simulated, text included (its cohorts have
a least size, so small numbers come out larger), and scanned. Memory is that of the scan alone. Times are
wall-clock: run it on an idle machine, or look at the processor time. The last line holds all figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SCENARIO = "disclosure-2026-02"
EXCHANGES_AT_SCALE_1 = 66_550_000
PROGRAM = Path(sys.executable).with_name("stillwatch")


def run(*arguments: str) -> dict[str, Any]:
    """What the command prints as JSON."""
    call = [PROGRAM, *arguments, "--json"]
    printed: dict[str, Any] = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
    return printed


def processor_seconds() -> float:
    """Processor time of the commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(exchanges: int) -> dict[str, Any]:
    """Seconds of the simulation and of each stage, peak memory in bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scale = f"{exchanges / EXCHANGES_AT_SCALE_1:.5f}"
        began = time.perf_counter()
        made = run("simulate", SCENARIO, "--scale", scale, "--out", str(folder / "data"))
        simulated = time.perf_counter()
        busy = processor_seconds()
        out = ["--out", str(folder / "results"), "--key-file", str(folder / "hash.key")]
        summary = run("scan", str(folder / "data"), *out)
        ended = time.perf_counter()
    return {
        "exchanges": made["exchanges"],
        "accounts": made["accounts"],
        "simulate_seconds": round(simulated - began, 2),
        "scan_seconds": round(ended - simulated, 2),
        "scan_processor_seconds": round(processor_seconds() - busy, 2),
        "stages": {stage["stage"]: stage["seconds"] for stage in summary["timings"]},
        "peak_memory_bytes": summary["peak_memory_bytes"],
    }


def show(run_: Mapping[str, Any]) -> None:
    """A line for each stage."""
    rows = run_["exchanges"]
    print(f"{rows:,} exchanges of {run_['accounts']:,} accounts, {os.cpu_count()} cores")
    lines = {"simulate": run_["simulate_seconds"], **run_["stages"], "scan, with start": run_["scan_seconds"]}
    for name, seconds in lines.items():
        print(f"  {name:22} {seconds:8.1f} s {rows / max(seconds, 1e-9):12,.0f} exchanges/s")
    print(f"  {'scan, processor time':22} {run_['scan_processor_seconds']:8.1f} s")
    print(f"  {'peak memory':22} {run_['peak_memory_bytes'] / 2**20:8,.0f} MiB")


def growth(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """How many times longer the largest run took than the smallest, beside how many times larger it was."""
    least, most = runs[0], runs[-1]
    return {
        "exchanges": round(most["exchanges"] / least["exchanges"], 2),
        "scan_seconds": round(most["scan_seconds"] / least["scan_seconds"], 2),
        "scan_processor_seconds": round(most["scan_processor_seconds"] / least["scan_processor_seconds"], 2),
        "peak_memory_bytes": round(most["peak_memory_bytes"] / least["peak_memory_bytes"], 2),
    }


def main() -> None:
    """Measure each size, print a table and the growth between the smallest and the largest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, nargs="+", default=[250_000, 1_000_000])
    runs = []
    for exchanges in sorted(parser.parse_args().exchanges):
        runs.append(measure(exchanges))
        show(runs[-1])
    figures = {"runs": runs, "growth": growth(runs)}
    if len(runs) > 1:
        times = figures["growth"]
        print(
            f"{times['exchanges']} times the exchanges: {times['scan_seconds']} times the seconds, ", end=""
        )
        print(f"{times['peak_memory_bytes']} times the memory")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
