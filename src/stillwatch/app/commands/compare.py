"""`stillwatch compare`: published detectors on the same data as ours."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import duckdb
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from stillwatch import __version__
from stillwatch.lab.compare.choices import Data, read_settings
from stillwatch.lab.compare.process import Bounds
from stillwatch.lab.compare.run import Row, compare, ours
from stillwatch.lab.compare.tune import MOST_FALSE
from stillwatch.lab.intervals import Figure
from stillwatch.model.errors import InputError, UsageError
from stillwatch.store.results import MARK, results_folder, write_json


def command(
    data: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Data folders to measure on.")],
    truth: Annotated[
        list[Path], typer.Option("--truth", help="The `truth` folder of each data folder, in the same order.")
    ],
    train: Annotated[
        list[Path] | None,
        typer.Option("--train", help="Data folders to tune on, each with its `truth` inside."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="Settings chosen before, such as docs/benchmarks/peer-settings.json; not tuned again.",
        ),
    ] = None,
    peer: Annotated[list[str] | None, typer.Option("--peer", help="Run this peer only; repeatable.")] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option("--results", help="Our results of scanning each data folder, in the same order."),
    ] = None,
    sample: Annotated[
        int,
        typer.Option(
            "--sample", min=0, help="Most accounts a peer looks at; 0 keeps each peer's own number."
        ),
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the sample.")] = 1,
    memory: Annotated[str, typer.Option("--memory", help="Memory limit of the engine, such as 4GB.")] = "",
    threads: Annotated[int, typer.Option("--threads", min=0, help="Threads; 0 takes what there is.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for scores, accusations and `summary.json`.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run published detectors on the same data as ours, tuned in one way, and show how they do.

    Thresholds and settings are chosen on the training folders; published ones are shown beside them.
    Each peer runs in a process of its own. Without --train only peers with a published threshold run.

    Example: `stillwatch compare traffic --truth traffic/truth --train training --results findings`
    """
    measured = _paired(data, truth, "truth", "--truth")
    if results:
        _paired(data, results, "result", "--results")
    trained = [Data(folder, folder / "truth") for folder in train or ()]
    bounds = Bounds(memory=memory, threads=threads, sample=sample, seed=seed)
    err = Console(stderr=True)
    with _kept(out) as keep, err.status("comparing") as status:
        rows = compare(
            measured,
            trained,
            peer or (),
            known=read_settings(settings).peers if settings else None,
            bounds=bounds,
            keep=keep,
            progress=lambda title: status.update(f"running {title}"),
        )
        if results:
            rows.insert(0, ours(results, measured, [_summary(r) for r in results]))
        record = _record(rows, measured, trained, bounds)
        if keep is not None:
            write_json(keep, MARK, record)
    if json_:
        typer.echo(json.dumps(record, indent=2))
        return
    _show(rows, record, Console(highlight=False))


def _paired(data: Sequence[Path], others: Sequence[Path], noun: str, option: str) -> list[Data]:
    if len(data) != len(others):
        raise UsageError(
            f"{len(data)} data folders but {len(others)} {noun} folders",
            remedy=f"Give {option} once per folder",
        )
    return [Data(folder, other) for folder, other in zip(data, others, strict=True)]


@contextmanager
def _kept(out: Path | None) -> Iterator[Path | None]:
    if out is None:
        yield None
        return
    with results_folder(out) as folder:
        yield folder


def _summary(results: Path) -> Mapping[str, object]:
    path = results / MARK
    if not path.exists():
        raise InputError(
            "is not a result folder: it holds no summary.json",
            where=str(results),
            remedy="Give the folder that `stillwatch scan --out` wrote",
        )
    found = json.loads(path.read_text("utf-8"))
    return found if isinstance(found, dict) else {}


def _record(
    rows: Sequence[Row], data: Sequence[Data], train: Sequence[Data], bounds: Bounds
) -> dict[str, Any]:
    machine = {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }
    versions = {"stillwatch": __version__, "duckdb": duckdb.__version__, "numpy": np.__version__}
    return {
        "rows": [_row(r) for r in rows],
        "data": [str(d.folder) for d in data],
        "train": [str(d.folder) for d in train],
        "bounds": asdict(bounds) | {"most_false": MOST_FALSE},
        "machine": machine | {"python": platform.python_version()},
        "versions": versions,
    }


def _row(row: Row) -> dict[str, Any]:
    worst = row.worst_cohort
    values = {
        n: f.value if (f := getattr(row, n)) else None for n in ("recall", "precision", "false_positives")
    }
    return asdict(row) | {"worst_cohort": worst[0] if worst else None, "values": values}


def _show(rows: Sequence[Row], record: Mapping[str, Any], out: Console) -> None:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("Peer", overflow="fold")
    for name in ("Recall", "Precision", "Benign accused", "Worst cohort", "Time", "Memory"):
        table.add_column(name, overflow="fold", justify="left" if name == "Worst cohort" else "right")
    for row in rows:
        if row.recall is not None:
            table.add_row(*_cells(row))
    out.print(table)
    out.print()
    for row in rows:
        out.print(f"{row.title}, {_setting(row)}", markup=False, soft_wrap=True)
    bounds, machine = record["bounds"], record["machine"]
    out.print(
        f"\nEngine: memory {bounds['memory'] or 'default'}, threads {bounds['threads'] or machine['cores']}. "
        f"Machine: {machine['cores']} cores, {_size(machine['memory_bytes'])}. "
        f"Intervals are 95%, over independent groups. Tuned: best recall at {bounds['most_false']:.0%} benign accounts "
        "accused on the training data.",
        soft_wrap=True,
    )


def _cells(row: Row) -> tuple[str, ...]:
    worst = row.worst_cohort
    return (
        f"{row.title}\n{row.choice}",
        _share(row.recall),
        _share(row.precision),
        _share(row.false_positives),
        f"{worst[0]}\n{worst[1].value:.1%}" if worst else "none",
        "unknown" if row.seconds is None else f"{row.seconds:.1f} s",
        "unknown" if row.peak_memory_bytes is None else _size(row.peak_memory_bytes),
    )


def _share(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "none"
    return f"{figure.value:.2%}\n{figure.low:.2%} to {figure.high:.2%}"


def _setting(row: Row) -> str:
    """Settings, threshold and sample of a row in one line."""
    if row.choice == "not run":
        return f"not run: {row.note}"
    parts = [f"{name} {value}" for name, value in row.settings.items()]
    if row.threshold is not None:
        parts.append(f"threshold {row.threshold:.4g}")
    if row.training_recall is not None and row.training_false_positives is not None:
        parts.append(f"training recall {row.training_recall:.1%} at {row.training_false_positives:.2%}")
    seen = "all" if row.accounts == row.whole else f"a sample of {row.accounts:,} of"
    parts.append(f"{seen} {row.whole:,} accounts")
    return f"{row.choice}: {', '.join(parts)}{'; ' + row.note if row.note else ''}"


def _size(n: int) -> str:
    return f"{n / 2**30:.1f} GB" if n >= 2**30 else f"{n / 2**20:.0f} MB"
