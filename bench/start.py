"""Time to import and to start, beside bare Python: python bench/start.py [--repeats N].

Each a process of its own; the least of several, since everything else on the machine only adds. `import stillwatch`
is what other programs pay; `stillwatch --version` what a person waits for. The libraries alone are what a scan cannot
do without.
"""

from __future__ import annotations

import argparse

from figures import STILLWATCH, Figure, finish, used

PROGRAMS = {
    "python": ("pass",),
    "import stillwatch": ("import stillwatch",),
    "numpy, pyarrow, duckdb, numba": ("import numpy, pyarrow, duckdb, numba",),
    "stillwatch --version": (STILLWATCH, "--version"),
    "stillwatch --help": (STILLWATCH, "--help"),
    "import stillwatch.app.api": ("import stillwatch.app.api",),
}
BESIDE = {
    "import stillwatch": "python",
    "stillwatch --version": "python",
    "stillwatch --help": "python",
    "import stillwatch.app.api": "numpy, pyarrow, duckdb, numba",
}


def main() -> None:
    """Start each a few times, print the least seconds of clock and processor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    runs = {name: [used(*program) for _ in range(repeats)] for name, program in PROGRAMS.items()}
    wall = {name: min(one.wall_seconds for one in each) for name, each in runs.items()}
    processor = {name: min(one.seconds for one in each) for name, each in runs.items()}
    for name in PROGRAMS:
        print(f"{name:32}{wall[name]:7.3f} s by the clock {processor[name]:7.3f} s of processor time")
    finish(
        [Figure(name, processor[name], "s", one, processor[one], less=True) for name, one in BESIDE.items()],
        wall_seconds={name: round(seconds, 4) for name, seconds in wall.items()},
    )


if __name__ == "__main__":
    main()
