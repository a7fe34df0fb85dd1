"""`stillwatch audit verify`: was anything altered, removed, reordered, inserted or cut off?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from stillwatch.app.casework import AsJson, CaseKey, Store, open_desk, package, read_text
from stillwatch.model.errors import InputError

EXIT_FAULTS = 1


def command(
    anchor: Annotated[
        Path | None,
        typer.Option(help="File of `stillwatch audit anchor`, to see whether entries were cut off."),
    ] = None,
    store: Store = "",
    case_key: CaseKey = None,
    json_: AsJson = False,
) -> None:
    """Check every audit entry and every row of the case store; exits with 1 if anything is wrong, and names the entry.

    That the last entries were cut off can be seen only against an anchor that was kept elsewhere.

    Example: `stillwatch audit verify --anchor anchor.json`
    """
    checking = package("stillwatch.store.casebook.verify")
    known = _read(anchor, checking.Anchor) if anchor else None
    found = open_desk(store, case_key).database.verify(known)
    if json_:
        typer.echo(json.dumps(asdict(found) | {"sound": found.sound}))
    else:
        for fault in found.faults:
            where = f"entry {fault.sequence}" if fault.sequence else "no entry"
            typer.echo(
                f"{where} ({fault.subject}): {fault.what}" if fault.subject else f"{where}: {fault.what}"
            )
        if found.more:
            typer.echo("… and more")
        counts = (
            f"{found.entries:,} entries over {found.rows:,} rows, {found.destroyed_keys:,} keys destroyed"
        )
        verdict = "The chain is whole" if found.sound else "The case store was tampered with or is damaged"
        typer.echo(f"{verdict}: {counts}; it ends with entry {found.head.sequence}, {found.head.hash[:16]}")
        if not anchor:
            typer.echo("Not checked against an anchor: entries cut off at its end would not be seen")
    if not found.sound:
        raise typer.Exit(EXIT_FAULTS)


def _read(path: Path, kind: Any) -> Any:
    try:
        found = json.loads(read_text(path, "the file that `stillwatch audit anchor` wrote"))
        return kind(str(found["store_id"]), int(found["sequence"]), str(found["hash"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "is no anchor", where=str(path), remedy="Give the file that `stillwatch audit anchor` wrote"
        ) from error
