"""`stillwatch evaluate`: results against ground truth."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from stillwatch.lab.evaluate import Evaluation, Figure, evaluate
from stillwatch.model.errors import UsageError


def command(
    results: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Result folders of scans.")],
    truth: Annotated[
        list[Path], typer.Option("--truth", help="The `truth` folder of each scan's data, in the same order.")
    ],
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare results with ground truth: recall, precision, false positives by cohort, campaigns, exchanges.

    Several runs (seeds) of one scenario are pooled; intervals are over independent groups and seeds.

    Example: `stillwatch evaluate results --truth data/truth`
    """
    if len(results) != len(truth):
        raise UsageError(
            f"{len(results)} result folders but {len(truth)} truth folders",
            remedy="Give --truth once per folder",
        )
    found = evaluate(results, truth)
    if json_:
        typer.echo(json.dumps(asdict(found) | {"values": _values(found)}, indent=2))
        return
    _show(found, Console(highlight=False))


def _values(found: Evaluation) -> dict[str, Any]:
    names = ("recall", "precision", "false_positives", "exchange_recall", "exchange_precision")
    return {name: getattr(found, name).value for name in names}


def _show(found: Evaluation, out: Console) -> None:
    head = Table(box=None, header_style="dim", title="Accounts and exchanges", title_justify="left")
    for name in ("", "share", "95% interval", "of", "groups"):
        head.add_column(name, justify="left" if not name else "right")
    for name, figure in (
        ("account recall", found.recall),
        ("account precision", found.precision),
        ("benign accounts accused", found.false_positives),
        ("exchange recall", found.exchange_recall),
        ("exchange precision", found.exchange_precision),
    ):
        head.add_row(name, *_cells(figure))
    out.print(head)
    _block(out, "Recall by campaign", found.recall_by_campaign)
    table = Table(box=None, header_style="dim", title="Campaigns", title_justify="left")
    for name in ("run", "planted", "accounts", "found as", "completeness", "purity"):
        table.add_column(name)
    for c in found.campaigns:
        table.add_row(
            c.run,
            c.campaign,
            f"{c.accounts:,}",
            c.found or "not found",
            f"{c.completeness:.1%}",
            f"{c.purity:.1%}",
        )
    if found.campaigns:
        out.print(table)
    rand = "none" if found.rand_index is None else f"{found.rand_index:.3f}"
    out.print(f"False campaigns: {found.false_campaigns}. Adjusted Rand index: {rand}.")
    _block(out, "Benign accounts accused, by cohort", found.cohorts)


def _block(out: Console, title: str, figures: dict[str, Figure]) -> None:
    if not figures:
        return
    table = Table(box=None, header_style="dim", title=title, title_justify="left")
    for name in ("", "share", "95% interval", "of", "groups"):
        table.add_column(name, justify="left" if not name else "right")
    for name, figure in figures.items():
        table.add_row(name, *_cells(figure))
    out.print(table)


def _cells(f: Figure) -> tuple[str, ...]:
    if f.value is None:
        return ("none", "none", "0", "0")
    digits = 2 if f.value > 0.01 or f.value == 0 else 4
    return (
        f"{f.value:.{digits}%}",
        f"{f.low:.2%} to {f.high:.2%}",
        f"{f.part:,} / {f.whole:,}",
        f"{f.groups:,}",
    )
