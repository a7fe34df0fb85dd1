"""`stillwatch calibrate`: a calibration from the user's own history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from stillwatch.app.calibrate import Calibrated, CalibrateSettings, calibrate, read_benign
from stillwatch.app.options import KeyFile, Memory, Threads
from stillwatch.app.report.words import plural, span
from stillwatch.app.scan import ScanSettings
from stillwatch.attribute.calibration import CLASSES
from stillwatch.attribute.conformal import most_examined


def command(
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...", help="Dataset folders of past traffic, each as long as a scan will be."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="File for the calibration.")],
    assume_benign: Annotated[
        Path | None,
        typer.Option(
            "--assume-benign", help="File with an account id a line: only groups of these accounts count."
        ),
    ] = None,
    keep_banned: Annotated[
        bool,
        typer.Option("--keep-banned", help="Take groups with banned or suspended accounts as benign, too."),
    ] = False,
    key_file: KeyFile = None,
    memory: Memory = "",
    threads: Threads = 0,
    level: Annotated[
        float,
        typer.Option(min=1e-9, max=1.0, help="False-discovery rate to say the calibration's reach for."),
    ] = 0.05,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Rank future findings against benign groups of your own traffic: writes the file for `scan --calibration`.

    Runs the scan on past traffic and keeps the scores of its groups, no ids. Groups with accounts that were banned
    are left out and counted. What is claimed with it holds for traffic like this history, and for no other.

    Example: `stillwatch calibrate week-1 week-2 week-3 --out calibration.json`
    """
    benign = read_benign(assume_benign) if assume_benign else None
    scan = ScanSettings(memory=memory, threads=threads, key_file=key_file, quiet=json_)
    done = calibrate(data, out, CalibrateSettings(benign, keep_banned, scan))
    if json_:
        typer.echo(json.dumps(_record(done, out, level)))
    else:
        _show(done, out, level)


def _record(done: Calibrated, out: Path, level: float) -> dict[str, Any]:
    c = done.calibration
    return {
        "out": str(out),
        "groups": {name: len(scores) for name, scores in c.scores.items()},
        "spans": [
            {
                "first": s.first.isoformat(),
                "last": s.last.isoformat(),
                "exchanges": s.exchanges,
                "accounts": s.accounts,
                "groups": s.groups,
                "left_out": dict(s.left_out),
            }
            for s in c.spans
        ],
        "called_distillation": done.accused,
        "level": level,
        "most_examined": {name: most_examined(c, name, level) for name in c.scores},
    }


def _show(done: Calibrated, out: Path, level: float) -> None:
    console = Console(highlight=False, soft_wrap=True)
    c = done.calibration
    console.print(f"[bold]{plural(c.groups, 'benign group')}[/] of {plural(len(c.spans), 'folder')} in {out}")
    for s in c.spans:
        left = "".join(f"; {n:,} left out {why}" for why, n in sorted(s.left_out.items()))
        console.print(
            f"  {span(s.first, s.last)}: {s.groups:,} groups of {plural(s.accounts, 'account')}{left}"
        )
    for name, scores in c.scores.items():
        most = most_examined(c, name, level)
        reach = f"a scan of up to {plural(most, 'group')}" if most else "no scan"
        console.print(
            f"  {len(scores):,} {CLASSES[name]}: can express a false-discovery rate of {level:g} for {reach}"
        )
    if done.accused:
        console.print(
            f"[yellow]{plural(done.accused, 'group')} would be called distillation.[/] If that is true, they are not "
            "benign: give --assume-benign or record the bans in enforcement, and run again."
        )
