"""Run the benchmarks of this folder, one after the other: python bench/run.py [NAME ...].

Without a name, those that take long are left out: they run when they are asked for (`cost`).
What they print is passed on. A line of JSON with the date, the versions, the machine and the figures is added to
bench/history/<name>.jsonl; the figures are the last line that a benchmark prints, where it is JSON.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LONG = frozenset({"cost"})  # run by name only
LIBRARIES = ("stillwatch", "numpy", "pyarrow", "duckdb", "numba")


def benchmarks(names: list[str]) -> Iterator[Path]:
    """Files of the benchmarks with these names, or of all that are not long."""
    for path in sorted(HERE.glob("*.py")):
        if path.name != Path(__file__).name and (path.stem in names if names else path.stem not in LONG):
            yield path


def run(path: Path) -> dict[str, Any] | None:
    """Run one, pass on what it prints; its record, or nothing if it failed."""
    print(f"── {path.stem}", flush=True)
    began = time.perf_counter()
    last = ""
    with subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.strip():
                last = line
            if not line.startswith("{"):
                print(line, end="", flush=True)
    if process.returncode:
        return None
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "benchmark": path.stem,
        "seconds": round(time.perf_counter() - began, 1),
        "figures": json.loads(last) if last.startswith("{") else None,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "machine": {"cores": os.cpu_count(), "processor": platform.machine()},
    }


def main() -> None:
    """Run them all; exit with 1 if one failed."""
    failed = []
    for path in benchmarks(sys.argv[1:]):
        record = run(path)
        if record is None:
            failed.append(path.stem)
            continue
        history = HERE / "history" / f"{path.stem}.jsonl"
        history.parent.mkdir(exist_ok=True)
        with history.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
