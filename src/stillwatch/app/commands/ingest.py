"""`stillwatch ingest`: logs in the format they have, to canonical tables."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from stillwatch.ingest.logs import Ingested, Reading, read_logs
from stillwatch.ingest.mapping import load
from stillwatch.model.errors import UsageError
from stillwatch.store.cloud.objects import CloudFiles


class Text(StrEnum):
    """Whether prompts and answers are kept."""

    keep = "keep"
    drop = "drop"


def command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SRC…", help="Files, folders, patterns, here or at s3://, gs://, az:// or abfss://; or -."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables.")],
    format_: Annotated[str, typer.Option("--format", help="Log format; auto goes by content.")] = "auto",
    account: Annotated[str, typer.Option("--account", help="Path in the record to the account id.")] = "",
    accounts: Annotated[str, typer.Option("--accounts", help="Table of account facts.")] = "",
    mapping: Annotated[
        str,
        typer.Option("--map", help="TOML column mapping: of the accounts file, else of canonical files."),
    ] = "",
    text: Annotated[
        Text, typer.Option("--text", help="Keep prompt and answer text, or drop it.")
    ] = Text.keep,
    add: Annotated[
        bool,
        typer.Option("--add", help="Keep what the folder holds; read only files that are new or changed."),
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read request logs into canonical tables; what cannot be read goes to `rejects.parquet`.

    Example: `stillwatch ingest /var/log/litellm/*.jsonl.gz --out data`
    """
    if not sources:
        raise UsageError("nothing to read", remedy="Name a file, a folder, a pattern or -")
    columns = load(mapping) if mapping else None
    with _Bar(shown=sys.stderr.isatty() and not json_) as bar:
        done = read_logs(
            sources,
            out=out,
            now=datetime.now(UTC),
            format=format_,
            account=account or None,
            mapping=_section(columns, "exchanges", plain=not accounts),
            keep_text=text is Text.keep,
            accounts=accounts or None,
            accounts_mapping=_section(columns, "accounts", plain=bool(accounts)),
            stdin=sys.stdin.buffer if "-" in sources else None,
            progress=bar.show,
            files=CloudFiles(os.environ),
            add=add,
        )
    if json_:
        typer.echo(json.dumps(asdict(done), default=str))
    else:
        _print(done, Console())


def _section(columns: Mapping[str, Any] | None, table: str, *, plain: bool) -> Mapping[str, Any] | None:
    """The mapping of one table: its section of the file, or all of a file that has no sections."""
    if columns is None or "exchanges" in columns or "accounts" in columns:
        section = (columns or {}).get(table)
        return section if isinstance(section, dict) else None
    return columns if plain else None


class _Bar:
    """A bar per file on a terminal, nothing elsewhere."""

    def __init__(self, *, shown: bool) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, reading: Reading) -> None:
        """Move on to where reading is."""
        name = Path(reading.file).name
        if reading.file not in self._tasks:
            self._tasks[reading.file] = self._bar.add_task(name, total=reading.size or None, rate="")
        task = self._bar.tasks[self._tasks[reading.file]]
        rate = reading.exchanges / max(self._bar.get_time() - (self._bar.tasks[0].start_time or 0), 1e-9)
        self._bar.update(task.id, completed=reading.consumed, rate=f"{rate:,.0f} exchanges/s")


def _print(done: Ingested, console: Console) -> None:
    rate = done.exchanges / max(done.seconds, 1e-9)
    formats = ", ".join(f"{count} {name}" for name, count in done.formats.items())
    console.print(f"[bold]{done.exchanges:,}[/] exchanges from {done.files} files ({formats})")
    console.print(
        f"{done.seconds:.1f} s, {rate:,.0f} exchanges a second, written to {done.out}", highlight=False
    )
    if done.unchanged:
        console.print(f"{done.unchanged:,} files were read before and have not changed")
    for path in done.changed:
        console.print(f"[yellow]Changed since it was read:[/] {escape(path)}", highlight=False)
    if done.known:
        console.print(f"{done.known:,} exchanges of changed files were there already")
    for path in done.vanished:
        console.print(f"[yellow]Listed, then gone, and not read:[/] {escape(path)}", highlight=False)
    if done.accounts:
        console.print(f"{done.accounts:,} accounts")
    if not done.exchanges and not done.unchanged:
        console.print("[yellow]No exchanges were found.[/]")
    for note in done.notes:
        console.print(f"Note: {note}", markup=False)
    if done.skipped:
        console.print(f"{done.skipped:,} records are no exchanges and were passed over")
    if done.rejects:
        console.print(f"[yellow]{done.rejects:,} records rejected[/], see rejects.parquet:")
        for reason, count in done.reasons.items():
            console.print(f"  {count:>9,}  {reason}", markup=False, highlight=False)
    if done.files:
        console.print(_coverage(done))


def _coverage(done: Ingested) -> Table:
    table = Table("field", "evidence", "present", "what a missing one costs", box=None, pad_edge=False)
    for line in done.coverage:
        colour = "green" if line.share > 0.5 else "yellow" if line.share else "red"
        cost = line.cost if line.share < 0.995 else ""
        table.add_row(line.field, line.family, f"[{colour}]{line.share:.0%}[/]", cost)
    return table
