"""What people see in the terminal: the summary of a scan, the explanation of a finding, a progress bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from stillwatch.app.report.alike import cleared
from stillwatch.app.report.overview import VERDICT_ORDER, Overview, overview
from stillwatch.app.report.results import Row, read_results
from stillwatch.app.report.words import (
    NOTHING,
    bits,
    chance,
    clipped,
    count,
    interval,
    plural,
    sentence,
    share,
    short,
    title,
)

STYLES: Mapping[str, str] = MappingProxyType(
    {"distillation": "bold red", "coordinated_other": "yellow", "innocent": "green"}
)
LABELS: Mapping[str, str] = MappingProxyType(
    {"distillation": "Distillation", "coordinated_other": "Coordinated", "innocent": "Look-alike"}
)
SIGNS: Mapping[str, str] = MappingProxyType({"distillation": "◆", "coordinated_other": "▲", "innocent": "●"})
CAMPAIGNS_SHOWN = 20
OTHERS_SHOWN = 6
LOOK_ALIKES_SHOWN = 8
LOSSES_SHOWN = 6
SCARCE = 0.9  # fields in a larger share of the exchanges cost little
WIDE = 100  # columns from which there is room to say what a campaign takes
FILES = (
    ("report.html", "to read"),
    ("campaigns.parquet", "and the other tables, to query"),
    ("summary.json", "for scripts"),
)


def print_summary(results: Path, console: Console | None = None) -> None:
    """Print the summary of a result folder.

    Raises `InputError` if the folder holds no results.
    """
    out = console or Console(highlight=False)
    read = read_results(results)
    over = overview(read)
    out.print()
    found = any(c["verdict"] == "distillation" for c in read.rows("campaigns"))
    out.print(Text(over.headline, style="bold red" if found else "bold"))
    if over.scope:
        out.print(Text(over.scope, style="dim"))
    if over.without:
        out.print(Text(over.without, style="bold yellow"))
    rows = sorted(read.rows("campaigns"), key=_order)
    ours = [r for r in rows if r["verdict"] == "distillation"]
    others = [r for r in rows if r["verdict"] == "coordinated_other"]
    shown = [*ours[:CAMPAIGNS_SHOWN], *others[:OTHERS_SHOWN]]
    if shown:
        out.print()
        out.print(_campaigns(shown, wide=out.width >= WIDE))
        _more(out, len(ours) - CAMPAIGNS_SHOWN, "distillation campaign")
        _more(
            out,
            len(others) - OTHERS_SHOWN,
            "group coordinated for other ends",
            "groups coordinated for other ends",
        )
    _claim(out, over)
    _look_alikes(out, [r for r in rows if r["verdict"] == "innocent"], over.accounts["innocent"])
    _losses(out, over)
    _stages(out, read.summary.get("timings") or ())
    _files(out, results)


def _order(row: Row) -> tuple[int, int, str]:
    return VERDICT_ORDER.index(row["verdict"]), -row["exchanges"], row["campaign_id"]


def _campaigns(rows: Sequence[Row], *, wide: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="dim", pad_edge=False)
    table.add_column("Campaign", overflow="fold", min_width=15)
    table.add_column("Accounts", justify="right", no_wrap=True)
    table.add_column("Exchanges", justify="right", no_wrap=True)
    table.add_column("Bits", justify="right", no_wrap=True)
    table.add_column("Best other explanation", ratio=1)
    if wide:
        table.add_column("Takes", ratio=1)
    for row in rows:
        name = Text(clipped(row["campaign_id"], 24) + "\n")
        name.append(f"{SIGNS[row['verdict']]} {LABELS[row['verdict']]}", style=STYLES[row["verdict"]])
        weight = Text(bits(row["weight_bits"]), style="bold")
        weight.append(f"\n{interval(row['weight_low'], row['weight_high'])}", style="dim")
        takes = Text(", ".join(title(c) for c in row["capabilities"] or ()) or NOTHING)
        cells = (name, count(row["accounts"]), short(row["exchanges"]), weight, _alternative(row))
        table.add_row(*cells, *((takes,) if wide else ()))
    return table


def _alternative(row: Row) -> Text:
    text = Text(title(row["best_alternative"]) or NOTHING)
    if row["alternative_bits"] is not None:
        text.append(f"\n{bits(row['alternative_bits'])} bits apart", style="dim")
    if row["q_value"] is not None:
        text.append(f"\nq {chance(row['q_value'])}", style="dim")
    return text


def _claim(out: Console, over: Overview) -> None:
    """What a q-value rests on, or why there is none."""
    if over.q_reason:
        out.print()
        out.print(Text(f"q-values: {over.q_reason}", style="dim"))


def _look_alikes(out: Console, rows: Sequence[Row], people: int) -> None:
    if not rows:
        return
    out.print()
    out.print(
        Text(f"{plural(len(rows), 'look-alike')} left alone, {plural(people, 'account')}", style="bold green")
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("What cleared them", no_wrap=True)
    for name in ("Groups", "Accounts", "Bits better than distillation"):
        table.add_column(name, justify="right", no_wrap=True)
    kinds = cleared(rows)
    for kind in kinds[:LOOK_ALIKES_SHOWN]:
        table.add_row(Text(kind.name), count(kind.groups), count(kind.accounts), kind.better)
    out.print(Padding(table, (0, 0, 0, 2)))
    _more(out, len(kinds) - LOOK_ALIKES_SHOWN, "explanation")


def _more(out: Console, left: int, noun: str, many: str = "") -> None:
    if left > 0:
        out.print(
            Text(
                f"  and {plural(left, f'further {noun}', f'further {many}' if many else '')} in the report",
                style="dim",
            )
        )


def _losses(out: Console, over: Overview) -> None:
    lines = [sentence(text) for text in over.lost]
    said = " ".join(over.lost)
    scarce = [c for c in over.coverage if c.costs and c.share < SCARCE and c.column not in said]
    lines += [f"{c.column} ({share(c.share)} present): {c.costs}" for c in scarce[:LOSSES_SHOWN]]
    if not lines:
        return
    out.print()
    out.print(Text("What the logs lacked", style="bold"))
    for line in lines:
        out.print(Padding(Text(line), (0, 0, 0, 2)))
    _more(out, len(scarce) - LOSSES_SHOWN, "field")


def _stages(out: Console, timings: Sequence[Any]) -> None:
    known = [t for t in timings if isinstance(t, dict) and isinstance(t.get("seconds"), int | float)]
    if not known:
        return
    total = sum(t["seconds"] for t in known)
    parts = ", ".join(f"{clipped(t.get('stage', ''), 24)} {t['seconds']:.1f} s" for t in known)
    out.print()
    out.print(Text(f"{total:.1f} s: {parts}", style="dim"))


def _files(out: Console, folder: Path) -> None:
    out.print()
    for name, what in FILES:
        if (folder / name).is_file():
            line = Text(f"{folder / name}", style="cyan", no_wrap=True, overflow="fold")
            out.print(line.append(f"  {what}", style="dim"), soft_wrap=True)


class Steps:
    """Progress through named stages; every call is cheap, and does nothing when nobody looks."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def stage(self, name: str, total: float | None = None, *, unit: str = "") -> None:
        """Begin a stage of `total` units (unknown if None); the one before it is done."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(name, total=total, unit=unit)

    def advance(self, n: float = 1) -> None:
        """Report `n` further units of the current stage."""
        if self._task is not None:
            self._bar.advance(self._task, n)


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = str(task.fields.get("unit", ""))
        return Text(f"{short(speed)} {unit}/s" if speed else "", style="dim")


@contextmanager
def progress(console: Console | None = None) -> Iterator[Steps]:
    """A progress bar on stderr with rate and time left, gone when done; silent if nobody looks."""
    err = console or Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=None),
        _Rate(),
        TimeRemainingColumn(compact=True),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with bar:
        yield Steps(bar)
