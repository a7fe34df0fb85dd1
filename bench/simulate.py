"""Rate and memory of the simulator: python bench/simulate.py [--scenario NAME] [--scale X].

Simulates with text into a temporary folder. Seconds of processor time are shown beside seconds of the clock, so that
a busy machine does not matter much; both include loading and compiling.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from stillwatch.lab.simulate import scenario, simulate


def main() -> None:
    """Simulate once and print rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="disclosure-2026-02")
    parser.add_argument("--scale", type=float, default=0.012)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "traffic"
        clock, processor = time.perf_counter(), time.process_time()
        counts = simulate(scenario(asked.scenario), out, scale=asked.scale, seed=1)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        size = sum(file.stat().st_size for file in out.rglob("*.parquet"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    million = counts.exchanges / 1e6
    print(f"{counts.exchanges:,} exchanges of {counts.accounts:,} accounts, {size / 1e6:,.0f} MB on disk")
    print(
        f"{clock:6.1f} s, {clock / million:5.1f} s per million exchanges, {counts.exchanges / clock:,.0f} a second"
    )
    print(f"{processor:6.1f} s of processor time, {processor / million:5.1f} s per million")
    print(f"{peak:6.0f} MB at most")


if __name__ == "__main__":
    main()
