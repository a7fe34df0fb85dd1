"""Rate of rendering simulated text: python bench/simulate_text.py [--rows N]."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from stillwatch.lab.text.library import HARVEST, ORDINARY, TextLibrary


def measure(name: str, rows: int, make: Callable[[], pa.LargeStringArray]) -> None:
    """Print seconds per million texts, letters per text and megabytes a second; best of three."""
    best, made = float("inf"), make()
    for _ in range(3):
        start = time.perf_counter()
        made = make()
        best = min(best, time.perf_counter() - start)
    size = made.nbytes / rows
    rate = made.nbytes / 1e6 / best
    print(f"{name:<22} {best / rows * 1e6:6.2f} s per million  {size:6.0f} bytes each  {rate:6.0f} MB/s")


def main() -> None:
    """Render ordinary, harvest and reworded prompts, and answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    start = time.perf_counter()
    library = TextLibrary.load("test")
    print(f"loading {time.perf_counter() - start:.2f} s")
    rng = np.random.default_rng(1)
    fillings = rng.integers(0, 1 << 60, rows)
    kinds = {"ordinary": ORDINARY, "harvest": HARVEST}
    for name, group in kinds.items():
        programs = np.concatenate([library.programs(kind) for kind in group])
        chosen = rng.choice(programs, rows).astype(np.int32)
        measure(name, rows, lambda chosen=chosen: library.render(chosen, fillings))
    half = np.full(rows, 0.5, np.float32)
    measure("harvest, reworded", rows, lambda: library.render(chosen, fillings, reword=half))
    tokens = np.full(rows, 200, np.int32)
    measure("answers", rows, lambda: library.answers(tokens, fillings.view(np.uint64)))


if __name__ == "__main__":
    main()
