"""Time and memory of each stage of a scan: python bench/scan.py [--exchanges N].

Simulates a replay of the disclosure of about that many exchanges (a campaign keeps at least 40 accounts, so
small numbers come out larger) and scans it; the memory is that of the scan alone. Times are wall-clock: run
it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCENARIO = "disclosure-2026-02"
EXCHANGES_AT_SCALE_1 = 66_550_000
PROGRAM = Path(sys.executable).with_name("stillwatch")


def run(*arguments: str) -> str:
    """What the command prints."""
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Simulate, scan, print a line for each stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=1_000_000)
    scale = parser.parse_args().exchanges / EXCHANGES_AT_SCALE_1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        made = json.loads(
            run("simulate", SCENARIO, "--scale", f"{scale:.4f}", "--out", str(folder / "data"), "--json")
        )
        seconds = time.perf_counter() - began
        rows = made["exchanges"]
        print(f"{rows:,} exchanges of {made['accounts']:,} accounts, {os.cpu_count()} cores")
        print(f"{'simulate':22} {seconds:7.1f} s {rows / seconds:12,.0f} exchanges/s")
        out = ["--out", str(folder / "results"), "--key-file", str(folder / "hash.key")]
        summary = json.loads(run("scan", str(folder / "data"), *out, "--json"))
    for stage in summary["timings"]:
        rate = rows / max(stage["seconds"], 1e-9)
        print(f"{stage['stage']:22} {stage['seconds']:7.1f} s {rate:12,.0f} exchanges/s")
    total = sum(stage["seconds"] for stage in summary["timings"])
    print(f"{'scan':22} {total:7.1f} s {rows / total:12,.0f} exchanges/s")
    print(f"peak memory {summary['peak_memory_bytes'] / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
