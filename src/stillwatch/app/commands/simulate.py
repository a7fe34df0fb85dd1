"""`stillwatch simulate`: traffic with planted campaigns and innocent look-alikes, and the truth about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stillwatch.lab.native.formats import FORMATS, write_native
from stillwatch.lab.simulate import Counts, scenario, simulate
from stillwatch.lab.text.sources import SPLITS
from stillwatch.model.errors import UsageError


def command(
    name: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Which scenario; a wrong name lists them all.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the tables; replaced if it holds an earlier simulation.")
    ],
    scale: Annotated[
        float, typer.Option(help="Multiplies accounts, never rates; a campaign keeps at least 40.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    split: Annotated[str, typer.Option(help="Sources of text: test, training or calibration.")] = "test",
    text: Annotated[str, typer.Option(help="keep or drop prompts, answers and system texts.")] = "keep",
    native: Annotated[
        str | None, typer.Option(help="Write the exchanges in this log format as well, into DIR.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Simulate API traffic: input tables of a scan in DIR, ground truth in DIR/truth.

    Example: `stillwatch simulate disclosure-2026-02 --scale 0.02 --out traffic`
    """
    if split not in SPLITS:
        raise UsageError(f"no split is called {split!r}", remedy=f"Use one of {', '.join(SPLITS)}")
    if text not in ("keep", "drop"):
        raise UsageError(f"--text {text} is not known", remedy="Use keep or drop")
    if native is not None and native not in FORMATS:
        raise UsageError(f"no native format is called {native!r}", remedy=f"Use one of {', '.join(FORMATS)}")
    err = Console(stderr=True)
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=json_ or not err.is_terminal) as bar:
        task = bar.add_task("exchanges", total=None)
        counts = simulate(
            scenario(name),
            out,
            scale=scale,
            seed=seed,
            split=split,
            text=text == "keep",
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if native is not None:
        write_native(out, native, out / f"{native}.jsonl.gz")
    _show(counts, name, out, as_json=json_)


def _show(counts: Counts, name: str, out: Path, *, as_json: bool) -> None:
    if as_json:
        fields = {
            "scenario": name,
            "out": str(out),
            "exchanges": counts.exchanges,
            "accounts": counts.accounts,
            "harvested": counts.harvested,
            "campaigns": dict(counts.campaigns),
        }
        typer.echo(json.dumps(fields))
        return
    typer.echo(f"{counts.exchanges:,} exchanges of {counts.accounts:,} accounts in {out}")
    for campaign, accounts in counts.campaigns.items():
        typer.echo(f"  campaign {campaign}: {accounts:,} accounts")
    typer.echo(f"  {counts.harvested:,} exchanges were harvested; the truth is in {out / 'truth'}")
