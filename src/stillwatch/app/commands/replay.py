"""`stillwatch replay`: what would have been found when."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer
from rich.console import Console

from stillwatch.app.options import (
    Dataset,
    KeyFile,
    Memory,
    Results,
    SummaryAsJson,
    Threads,
    read_time,
)
from stillwatch.app.replay import ReplaySettings, replay
from stillwatch.attribute.claims import ClaimSettings
from stillwatch.model.errors import UsageError

UNITS: Mapping[str, str] = MappingProxyType({"m": "minutes", "h": "hours", "d": "days"})


def command(
    data: Dataset,
    out: Results,
    every: Annotated[str, typer.Option("--every", help="Time between looks, such as 6h, 30m or 1d.")] = "6h",
    since: Annotated[
        str, typer.Option("--from", help="First look, such as 2026-03-01T00:00Z; without it, the start.")
    ] = "",
    until: Annotated[
        str, typer.Option("--to", help="End of the replay; without it, the end of the log.")
    ] = "",
    level: Annotated[
        float,
        typer.Option("--level", min=0.0001, max=0.5, help="Chance of any false claim over the whole replay."),
    ] = 0.05,
    key_file: KeyFile = None,
    memory: Memory = "",
    threads: Threads = 0,
    json_: SummaryAsJson = False,
) -> None:
    """Look at a log again and again as if it were coming in, and say what would have been found when.

    Each look knows only what came before it. Text is read once; a look links and assesses what was sketched.

    Example: `stillwatch replay data --out replayed --every 6h`
    """
    settings = ReplaySettings(
        every=_span(every), since=read_time(since, "--from"), until=read_time(until, "--to"),
        claims=ClaimSettings(level), memory=memory, threads=threads, key_file=key_file, quiet=json_,
    )  # fmt: skip
    replay(data, out, settings)
    text = (out / "summary.json").read_text("utf-8")
    if json_:
        typer.echo(text, nl=False)
    else:
        _show(json.loads(text), out)


def _show(summary: dict[str, Any], out: Path) -> None:
    r, timings = summary["replay"], summary["timings"]
    console = Console(highlight=False)
    seconds = sum(look["seconds"] for look in timings["looks"])
    claimed = ", ".join(r["claimed"]) or "none"
    console.print(f"{r['looks']} looks from {r['first']} to {r['last']}, {r['groups']:,} groups")
    console.print(f"Claimed at level {r['claims']['level']:g}: {claimed}", markup=False)
    console.print(f"{timings['sketch_seconds']:.1f} s to sketch, {seconds:.1f} s for all looks", style="dim")
    console.print(
        f"{out / 'replay_campaigns.parquet'}  every group at every look", style="cyan", markup=False
    )


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d+)([mhd])", text)
    if not found or int(found[1]) == 0:
        raise UsageError(f"--every {text!r} is not a span of time", remedy="Write it like 6h, 30m or 1d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
