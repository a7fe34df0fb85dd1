"""`stillwatch demo`: a small replay of the February 2026 disclosure, simulated, scanned and shown."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.app.secret import keep_known_key
from stillwatch.app.terminal import print_summary
from stillwatch.lab.simulate import scenario, simulate

SCENARIO, SCALE, SEED = "disclosure-2026-02", 0.005, 7


def command(
    out: Annotated[Path, typer.Option("--out", help="Folder for data and results.")] = Path("demo-out"),
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the report in a browser, if there is a screen.")
    ] = True,
    json_: Annotated[bool, typer.Option("--json", help="Print summary.json instead of the summary.")] = False,
) -> None:
    """Simulate a small replay of the February 2026 disclosure, scan it, print the campaigns, write the report.

    Works offline, and finds the same each time: data and key are always the same.

    Example: `stillwatch demo --out demo-out`
    """
    console = Console(stderr=True, quiet=json_, highlight=False)
    data, results = out / "data", out / "results"
    console.print(f"Simulating {SCENARIO} at scale {SCALE}, seed {SEED} …")
    simulate(scenario(SCENARIO), data, scale=SCALE, seed=SEED)
    key_file = out / "hash.key"
    keep_known_key(key_file, SCENARIO)
    scan(data, results, ScanSettings(key_file=key_file, quiet=json_))
    if json_:
        typer.echo((results / "summary.json").read_text("utf-8"), nl=False)
        return
    print_summary(results)
    if open_:
        webbrowser.open((results / "report.html").resolve().as_uri())
