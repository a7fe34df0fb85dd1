"""`stillwatch report`: make the HTML report of a scan anew."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.report import render


def command(
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write report.html into a result folder: one file, readable without a network.

    Example: `stillwatch report results --open`
    """
    path = render(results)
    typer.echo(json.dumps({"report": str(path), "bytes": path.stat().st_size}) if json_ else str(path))
    if open_:
        webbrowser.open(path.resolve().as_uri())
