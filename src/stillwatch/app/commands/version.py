"""`stillwatch version`: what is installed, for a bug report."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from typing import Annotated

import typer

from stillwatch import __version__

PARTS = ("numpy", "pyarrow", "duckdb", "numba", "msgspec")


def command(
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the version of Stillwatch and of the parts it stands on.

    Example: `stillwatch version --json`
    """
    versions = {"stillwatch": __version__, "python": platform.python_version()}
    versions |= {part: importlib.metadata.version(part) for part in PARTS}
    if json_:
        typer.echo(json.dumps(versions))
        return
    for name, version in versions.items():
        typer.echo(f"{name:12} {version}")
