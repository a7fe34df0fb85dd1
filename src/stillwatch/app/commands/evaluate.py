"""`stillwatch evaluate`: results against ground truth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from stillwatch.lab.aims import Verdict, judge, read_aims
from stillwatch.lab.evaluate import Evaluation, evaluate
from stillwatch.lab.intervals import Figure
from stillwatch.lab.wording import aim_row, figure_cells, mean_text, rate_text
from stillwatch.model.errors import UsageError

COLUMNS = ("", "share", "95% interval", "of", "groups")


def command(
    results: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Result folders of scans.")],
    truth: Annotated[
        list[Path], typer.Option("--truth", help="The `truth` folder of each scan's data, in the same order.")
    ],
    scenario: Annotated[
        str, typer.Option(help="What was simulated; adds the floors set for that scenario.")
    ] = "",
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
    verdicts = judge(read_aims(), scenario, found)
    if json_:
        aims = [asdict(v) for v in verdicts]
        typer.echo(json.dumps(asdict(found) | {"values": _values(found), "aims": aims}, indent=2))
        return
    _show(found, verdicts, Console(highlight=False))


def _values(found: Evaluation) -> dict[str, Any]:
    names = (
        "recall", "precision", "false_positives", "campaigns_found", "exchange_recall", "exchange_precision",
        "demixing_recall", "demixing_precision",
    )  # fmt: skip
    return {name: getattr(found, name).value for name in names}


def _show(found: Evaluation, verdicts: Sequence[Verdict], out: Console) -> None:
    figures = {
        "account recall": found.recall,
        "account precision": found.precision,
        "benign accounts accused": found.false_positives,
        "campaigns found": found.campaigns_found,
        "exchange recall": found.exchange_recall,
        "exchange precision": found.exchange_precision,
    }
    if found.traffic:
        figures |= {
            "demixing recall": found.demixing_recall,
            "demixing precision": found.demixing_precision,
        }
    _block(out, "Accounts, campaigns and exchanges", figures)
    _block(out, "Recall by campaign", found.recall_by_campaign)
    _campaigns(out, found)
    _crossed(out, "Roles of hostile accounts: true role by row, found role by column", found.roles)
    _crossed(out, "Exchanges of found relay accounts: whose by row, called by column", found.traffic)
    _block(out, "Benign accounts accused, by cohort", found.cohorts)
    for kind, values in found.slices.items():
        for measure, title in (("false_positives", "Benign accounts accused"), ("recall", "Account recall")):
            rows = {value: f[measure] for value, f in values.items() if measure in f}
            _block(out, f"{title}, by {kind}", rows)
    table = _table("Floors and ceilings", ("", "aim", "figure", "95% interval", ""))
    for verdict in verdicts:
        table.add_row(*aim_row(verdict))
    out.print(table)


def _campaigns(out: Console, found: Evaluation) -> None:
    if found.campaigns:
        names = ("run", "planted", "accounts", "found as", "completeness", "purity")
        table = Table(box=None, header_style="dim", title="Campaigns", title_justify="left")
        for name in names:
            table.add_column(name)
        for c in found.campaigns:
            shares = (f"{c.completeness:.1%}", f"{c.purity:.1%}")
            table.add_row(c.run, c.campaign, f"{c.accounts:,}", c.found or "not found", *shares)
        out.print(table)
        out.print(f"Completeness: {mean_text(found.completeness)}. Purity: {mean_text(found.purity)}.")
    out.print(f"Adjusted Rand index: {mean_text(found.rand_index)}.")
    out.print(f"False campaigns per scan: {rate_text(found.false_campaigns)}.")
    if found.false_campaigns_benign.scans:
        out.print(f"False campaigns per benign scan: {rate_text(found.false_campaigns_benign)}.")


def _crossed(out: Console, title: str, counts: Mapping[str, int]) -> None:
    if not counts:
        return
    pairs = {tuple(name.split(">")): n for name, n in counts.items()}
    called = sorted({found for _, found in pairs})
    table = _table(title, ("", *called))
    for true in sorted({true for true, _ in pairs}):
        table.add_row(true, *(f"{pairs.get((true, found), 0):,}" for found in called))
    out.print(table)


def _block(out: Console, title: str, figures: Mapping[str, Figure]) -> None:
    if not figures:
        return
    table = _table(title, COLUMNS)
    for name, figure in figures.items():
        table.add_row(name, *figure_cells(figure))
    out.print(table)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(box=None, header_style="dim", title=title, title_justify="left")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table
