"""`stillwatch explain`: why a campaign was called what it was called, or what stands against one account."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stillwatch.app.explanation import as_record, find, print_account, print_campaign
from stillwatch.app.report import read_results
from stillwatch.model.errors import UsageError


def command(
    subject: Annotated[
        str, typer.Argument(help="Campaign or account id, or its beginning.", show_default=False)
    ],
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain a finding: evidence in bits from prior to posterior, explanations compared, what is missing.

    Example: `stillwatch explain c-5e1fa0b7 results`
    """
    if Path(subject).is_dir() and not results.exists():
        raise UsageError(
            "what to explain comes before the folder", remedy=f"Try `stillwatch explain {results} {subject}`"
        )
    read = read_results(results)
    found = find(read, subject)
    if json_:
        typer.echo(json.dumps(as_record(read, found), default=_plain))
        return
    out = Console(highlight=False)
    if found.campaign is not None:
        print_campaign(read, found.campaign, out)
    else:
        print_account(read, found.memberships, out)


def _plain(at: datetime) -> str:
    return at.isoformat()
