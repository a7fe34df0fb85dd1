"""What a scan costs at three sizes, and a model of larger ones: python bench/cost.py [--scales S ...] [--model].

Simulates `disclosure-2026-02` at each scale, scans it with new sketches and again with kept ones, each in a process
of its own, and counts processor seconds, peak memory and bytes on disk. The model is a straight line through the
sizes, by least squares of relative errors; bench/cost.json holds it with the points it was fitted to. It is checked
by what a line through the smaller sizes says of the largest. `--model` measures nothing and prints what the file says
of larger sizes. Processor time is counted, not the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from figures import STILLWATCH, Figure, commit, finish, processor, used

FILE = Path(__file__).with_name("cost.json")
SCENARIO = "disclosure-2026-02"
DAILY = (1e8, 1e9, 1e10)
WINDOW_DAYS = (1, 30)
NIGHT_HOURS = 6
FITTED = ("scan_cpu_seconds", "kept_cpu_seconds", "memory_bytes", "data_bytes", "sketch_bytes")


def folder_bytes(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def point(scale: float, folder: Path) -> dict[str, float]:
    """What one size costs."""
    data, out, sketches = folder / "data", folder / "results", folder / "sketches"
    used(STILLWATCH, "simulate", SCENARIO, "--scale", f"{scale:g}", "--out", data, "--seed", "7", "--json")
    scan = ("scan", data, "--out", out, "--key-file", folder / "key", "--sketches", sketches, "--json")
    fresh = used(STILLWATCH, *scan)
    kept = used(STILLWATCH, *scan)
    rows = pq.read_metadata(data / "exchanges.parquet").num_rows
    found = {
        "scale": scale,
        "exchanges": rows,
        "scan_cpu_seconds": fresh.seconds,
        "kept_cpu_seconds": kept.seconds,
        "memory_bytes": max(fresh.memory_bytes, kept.memory_bytes),
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


def modelled(line: Mapping[str, float], exchanges: float) -> float:
    """What a line says of so many exchanges."""
    return line["fixed"] + line["each"] * exchanges


def checked(points: Sequence[Mapping[str, float]]) -> list[Figure]:
    """Each cost of the largest size beside what a line through the smaller sizes says of it."""
    smaller, largest = fitted(points[:-1]), points[-1]
    return [
        Figure(
            f"{name} of {largest['exchanges']:,}", largest[name], "s" if name.endswith("seconds") else "bytes",
            "line through the smaller", modelled(smaller[name], largest["exchanges"]), less=True,
        )
        for name in FITTED
    ]  # fmt: skip


def deployment(model: Mapping[str, Mapping[str, float]], daily: float, days: int) -> dict[str, float]:
    """Cores for a night and gigabytes, for a window of so many days of so many exchanges.

    `anew` sketches the whole window; `nightly` the new day, and loads the sketches of the others.
    """
    window = daily * days
    anew = modelled(model["scan_cpu_seconds"], window)
    sketching = max(model["scan_cpu_seconds"]["each"] - model["kept_cpu_seconds"]["each"], 0.0)
    nightly = min(modelled(model["kept_cpu_seconds"], window) + sketching * daily, anew)
    sizes = {
        f"{kind} GB": modelled(model[f"{kind}_bytes"], window) / 1e9 for kind in ("memory", "data", "sketch")
    }
    return {"anew": anew / (3600 * NIGHT_HOURS), "nightly": nightly / (3600 * NIGHT_HOURS), **sizes}


def show(made: Mapping[str, Any]) -> None:
    """Print measurement beside model, the check, then the model at larger sizes."""
    model = made["model"]
    print("| exchanges | " + " | ".join(f"{name}: measured / model" for name in FITTED) + " |")
    print("|--:" * (len(FITTED) + 1) + "|")
    for p in made["points"]:
        cells = [f"{p[name]:,.0f} / {modelled(model[name], p['exchanges']):,.0f}" for name in FITTED]
        print(f"| {p['exchanges']:,} | " + " | ".join(cells) + " |")
    if len(made["points"]) > 2:
        print("\nThe largest, measured, is of what a line through the smaller sizes says:")
        for figure in checked(made["points"]):
            print(f"  {figure.what:40} {figure.ratio:.2f}")
    print(f"\n| a day | window, days | cores for {NIGHT_HOURS} h, all anew | with sketches kept |", end="")
    print(" memory GB | data GB | sketches GB |")
    print("|--:" * 7 + "|")
    for daily in DAILY:
        for days in WINDOW_DAYS:
            cells = [f"{cost:,.1f}" for cost in deployment(model, daily, days).values()]
            print(f"| {daily:,.0f} | {days} | {' | '.join(cells)} |")


def main() -> None:
    """Measure, write bench/cost.json, print; or print only.

    Exits with 2 if there is one size only.
    """
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--scales", type=float, nargs="+", default=[0.005, 0.01, 0.02])
    ask.add_argument("--model", action="store_true", help="print what bench/cost.json says")
    asked = ask.parse_args()
    if asked.model:
        show(json.loads(FILE.read_text("utf-8")))
        return
    if len(set(asked.scales)) < 2:
        ask.error("a line needs two sizes, a check three")
    points = []
    with tempfile.TemporaryDirectory(prefix="stillwatch-cost-") as folder:
        for scale in sorted(set(asked.scales)):
            place = Path(folder) / f"{scale:g}"
            place.mkdir()
            points.append(point(scale, place))
            print(json.dumps(points[-1]), flush=True)
    machine = {"cores": os.cpu_count(), "processor": processor()}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    made = {"at": at, "commit": commit(), "machine": machine, "points": points, "model": fitted(points)}
    FILE.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")
    show(made)
    finish(checked(points) if len(points) > 2 else [], model=made["model"])


if __name__ == "__main__":
    main()
