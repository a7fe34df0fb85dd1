"""Run the benchmarks of this folder, one after the other: python bench/run.py [NAME ...] [--no-history].

Without a name, those of `PARTS`, meant for under twenty minutes on an idle machine. The others run when asked for.
What they print is passed on; at the end stands a table of all figures, each beside its baseline of the same run, and
how it changed since the last run on such a processor. A line of JSON with the date, the commit, the versions, the
machine and the figures is added to bench/history/<name>.jsonl; the figures are the last line that a benchmark prints,
where it is JSON. No time is a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from figures import commit, processor
from rich.console import Console
from rich.table import Table
from rich.text import Text

HERE = Path(__file__).parent
HISTORY = HERE / "history"
PARTS = ("start", "ingest", "kernel", "templates", "links", "growth", "watch", "psi")
BY_NAME = ("captures", "cost", "simulate", "simulate_text")
LIBRARIES = (
    "stillwatch", "numpy", "pyarrow", "duckdb", "numba", "polars", "datasketch", "scipy", "scikit-learn", "splink",
)  # fmt: skip

WIDTH = 120  # of the table, where it goes into a file

Record = Mapping[str, Any]


def run(name: str) -> Record | None:
    """Run one, pass on what it prints; its record, or nothing if it failed."""
    print(f"── {name}", flush=True)
    began, load = time.perf_counter(), os.getloadavg()[0]
    last = ""
    with subprocess.Popen(
        [sys.executable, str(HERE / f"{name}.py")], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            if line.strip():
                last = line
            if not line.startswith("{"):
                print(line, end="", flush=True)
    if process.returncode:
        return None
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "benchmark": name,
        "commit": commit(),
        "seconds": round(time.perf_counter() - began, 1),
        "figures": json.loads(last) if last.startswith("{") else None,
        "versions": {"python": platform.python_version(), **dict(installed())},
        "machine": {"cores": os.cpu_count(), "processor": processor(), "load": round(load, 2)},
    }


def installed() -> Iterator[tuple[str, str]]:
    """Versions of the libraries that are there."""
    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def before(record: Record) -> dict[tuple[str, str], float]:
    """Values of the last run on such a processor, by figure and baseline."""
    file = HISTORY / f"{record['benchmark']}.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    for earlier in map(json.loads, reversed(lines)):
        if earlier["machine"]["processor"] == record["machine"]["processor"]:
            return {
                (f["what"], f["baseline"]): f["value"] for f in (earlier["figures"] or {}).get("ratios", ())
            }
    return {}


def table(records: Sequence[Record]) -> Table:
    """All figures: value, baseline, ratio, change since the last run on such a processor."""
    shown = Table(
        title="Each figure beside its baseline of the same run; green is better", title_justify="left"
    )
    for name, side in (
        ("", "left"), ("figure", "left"), ("", "right"), ("unit", "left"), ("baseline", "left"), ("", "right"),
        ("ratio", "right"), ("since last", "right"),
    ):  # fmt: skip
        shown.add_column(name, justify=side, no_wrap=True)
    for record in records:
        last = before(record)
        for number, f in enumerate((record["figures"] or {}).get("ratios", ())):
            then = last.get((f["what"], f["baseline"]))
            beside: tuple[str, str | Text] = (
                ("missing", "") if f["ratio"] is None else (digits(f["beside"]), ratio(f))
            )
            change = f"{f['value'] / then - 1:+.0%}" if then else ""
            part = "" if number else record["benchmark"]
            shown.add_row(part, f["what"], digits(f["value"]), f["unit"], f["baseline"], *beside, change)
        shown.add_section()
    return shown


def ratio(figure: Mapping[str, Any]) -> Text:
    """How many times the baseline, green where that is better."""
    better = (figure["ratio"] < 1) if figure["less"] else (figure["ratio"] > 1)
    return Text(f"{digits(figure['ratio'])}x", style="green" if better else "")


def digits(value: float) -> str:
    """Three digits that count, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> None:
    """Run them all, print the table; exit with 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(PARTS)}; {', '.join(BY_NAME)}")
    parser.add_argument("--no-history", action="store_true", help="add no line to bench/history")
    asked = parser.parse_args()
    names = asked.names or PARTS
    if unknown := set(names) - {*PARTS, *BY_NAME}:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    found = {name: run(name) for name in names}
    records = [record for record in found.values() if record is not None]
    Console(width=max(Console().width, WIDTH)).print(table(records))
    for record in () if asked.no_history else records:
        HISTORY.mkdir(exist_ok=True)
        with (HISTORY / f"{record['benchmark']}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
    failed = [name for name, record in found.items() if record is None]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
