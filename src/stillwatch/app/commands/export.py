"""`stillwatch export`: results in a form that other programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.model.errors import UsageError
from stillwatch.share.csv_export import write_csv

FORMS = ("csv",)


def command(
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help=f"Form: {', '.join(FORMS)}.")] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write to; a folder named for the form in RESULTS by default."),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Leave cells that a spreadsheet would run as formulas as they are.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the result tables as CSV, one file per table.

    Text cells that begin like a formula get an apostrophe in front, since strangers choose account ids.

    Example: `stillwatch export results --to csv --out tables`
    """
    if to not in FORMS:
        raise UsageError(f"cannot export to {to!r}", remedy=f"Use --to {' or '.join(FORMS)}")
    files = write_csv(results, out or results / to, guard=not raw)
    if json_:
        typer.echo(json.dumps({"to": to, "files": [str(path) for path in files]}))
        return
    for path in files:
        typer.echo(str(path))
