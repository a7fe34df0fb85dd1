"""Options that several commands have, and how times are read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.model.errors import UsageError

Dataset = Annotated[
    Path, typer.Argument(metavar="DIR", help="Dataset folder made by `ingest` or `simulate`.")
]
Results = Annotated[Path, typer.Option("--out", help="Folder for the results.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="Secret that keys all hashes; made with mode 0600 if missing."),
]
Memory = Annotated[
    str,
    typer.Option("--memory", help="Memory limit, such as 4GB."),
]
Threads = Annotated[int, typer.Option("--threads", min=0, help="Threads; 0 takes what there is.")]
SummaryAsJson = Annotated[bool, typer.Option("--json", help="Print summary.json instead of the summary.")]


def read_time(text: str, option: str) -> datetime | None:
    """The time an option names, in UTC where it names no zone; None for an empty text. Raises `UsageError`."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is not a time", remedy="Write it like 2026-03-01T00:00Z"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
