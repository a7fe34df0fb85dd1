"""`stillwatch audit anchor`: how far the chain has come, to be kept elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, CaseKey, Store, open_desk, write_files


def command(
    out: Annotated[
        Path, typer.Option(help="File to write; keep it where who can write the store cannot write.")
    ],
    store: Store = "",
    case_key: CaseKey = None,
    json_: AsJson = False,
) -> None:
    """Write down the last entry of the audit chain. `audit verify --anchor FILE` then sees a chain that was cut.

    Example: `stillwatch audit anchor --out anchor.json`
    """
    head = open_desk(store, case_key).database.head()
    write_files(out.parent, {out.name: (json.dumps(asdict(head), indent=2) + "\n").encode()})
    typer.echo(json.dumps(asdict(head)) if json_ else f"{out}: entry {head.sequence}, {head.hash[:16]}")
