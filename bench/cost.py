"""What a scan costs at three sizes, and a model of larger ones: python bench/cost.py [--scales S ...] [--model].

Simulates `disclosure-2026-02` at each scale, scans it with new sketches and again with kept ones, each in a process of
its own, and counts processor seconds, peak memory and bytes on disk. The model is a straight line through the sizes, by
least squares of relative errors; bench/cost.json holds it with the points it was fitted to. `--model` measures nothing
and prints what the file says of larger sizes. Processor time is counted, not the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

HERE = Path(__file__).parent
FILE = HERE / "cost.json"
PROGRAM = [sys.executable, "-c", "from stillwatch.app.cli import main; main()"]
DAILY = (1e8, 1e9, 1e10)
NIGHT_HOURS = 6
FITTED = ("scan_cpu_seconds", "kept_cpu_seconds", "memory_bytes", "data_bytes", "sketch_bytes")


def measured(arguments: Sequence[str]) -> tuple[float, int]:
    """Processor seconds and peak memory of a command in a process of its own."""
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(arguments)}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def folder_bytes(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def point(scale: float, folder: Path) -> dict[str, float]:
    """What one size costs."""
    data, out, sketches = folder / "data", folder / "results", folder / "sketches"
    measured(["simulate", "disclosure-2026-02", "--scale", f"{scale:g}", "--out", str(data), "--seed", "7"])
    scan = [
        "scan",
        str(data),
        "--out",
        str(out),
        "--key-file",
        str(folder / "key"),
        "--sketches",
        str(sketches),
        "--json",
    ]
    fresh, memory = measured(scan)
    kept, memory_kept = measured(scan)
    rows = pq.read_metadata(data / "exchanges.parquet").num_rows
    found = {
        "scale": scale,
        "exchanges": rows,
        "scan_cpu_seconds": fresh,
        "kept_cpu_seconds": kept,
        "memory_bytes": max(memory, memory_kept),
        "data_bytes": (data / "exchanges.parquet").stat().st_size,
        "sketch_bytes": folder_bytes(sketches),
    }
    shutil.rmtree(folder)
    return found


def fitted(points: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """For each cost: a fixed part and a part per exchange, neither below zero, and the largest relative error."""
    n = np.array([p["exchanges"] for p in points])
    found = {}
    for name in FITTED:
        cost = np.array([p[name] for p in points])
        weighted = np.column_stack([1 / cost, n / cost])
        fixed, each = np.linalg.lstsq(weighted, np.ones(len(n)), rcond=None)[0]
        if fixed < 0 or each < 0:
            fixed, each = 0.0, float((n / cost).sum() / ((n / cost) ** 2).sum())
        error = float(np.abs((fixed + each * n) / cost - 1).max())
        found[name] = {"fixed": float(fixed), "each": float(each), "largest_error": error}
    return found


def show(made: Mapping[str, Any]) -> None:
    """Print measurement beside model, then the model at larger sizes."""
    model = made["model"]
    print("| exchanges | " + " | ".join(f"{name}: measured / model" for name in FITTED) + " |")
    print("|---" * (len(FITTED) + 1) + "|")
    for p in made["points"]:
        modelled = {name: model[name]["fixed"] + model[name]["each"] * p["exchanges"] for name in FITTED}
        cells = [f"{p[name]:,.0f} / {modelled[name]:,.0f}" for name in FITTED]
        print(f"| {p['exchanges']:,} | " + " | ".join(cells) + " |")
    print(f"\n| a day | cores for {NIGHT_HOURS} h | with sketches kept | memory GB | data GB | sketches GB |")
    print("|---|---|---|---|---|---|")
    for n in DAILY:
        cost = {name: model[name]["fixed"] + model[name]["each"] * n for name in FITTED}
        cores = [cost[name] / (3600 * NIGHT_HOURS) for name in ("scan_cpu_seconds", "kept_cpu_seconds")]
        sizes = [cost[name] / 1e9 for name in ("memory_bytes", "data_bytes", "sketch_bytes")]
        print(
            f"| {n:.0e} | {cores[0]:,.1f} | {cores[1]:,.1f} | "
            + " | ".join(f"{size:,.0f}" for size in sizes)
            + " |"
        )


def main() -> None:
    """Measure, write bench/cost.json, print; or print only."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--scales", type=float, nargs="+", default=[0.005, 0.01, 0.02])
    ask.add_argument("--model", action="store_true", help="print what bench/cost.json says")
    asked = ask.parse_args()
    if asked.model:
        show(json.loads(FILE.read_text("utf-8")))
        return
    points = []
    with tempfile.TemporaryDirectory(prefix="stillwatch-cost-") as folder:
        for scale in asked.scales:
            place = Path(folder) / f"{scale:g}"
            place.mkdir()
            points.append(point(scale, place))
            print(json.dumps(points[-1]), flush=True)
    machine = {"cores": os.cpu_count(), "processor": platform.machine()}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    made = {"at": at, "machine": machine, "points": points, "model": fitted(points)}
    FILE.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")
    show(made)
    print(json.dumps({"model": made["model"]}))


if __name__ == "__main__":
    main()
