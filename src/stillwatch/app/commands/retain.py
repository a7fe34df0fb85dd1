"""`stillwatch retain`: delete what the policy no longer keeps."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stillwatch.app.casework import AsJson, Clerk, read_text
from stillwatch.app.report.words import day
from stillwatch.app.spread import spread
from stillwatch.cases.retain import Deletion, apply, plan, read_policy


@spread
def command(
    policy: Annotated[Path, typer.Option(help="TOML file with the periods.")],
    apply_: Annotated[
        bool, typer.Option("--apply", help="Delete; otherwise only print what would be.")
    ] = False,
    clerk: Clerk = Clerk(role="legal"),
    json_: AsJson = False,
) -> None:
    """Delete what a policy no longer keeps, by destroying the keys it is encrypted with; without --apply only print it.

    The policy is a table `[retain]` with `cases_days` (after closing, all of a case), `text_days` (after closing, notes
    and readable signatures) and `innocent_days` (after an account was cleared or its case dismissed, what was held
    against it). What is not named is kept. Cases under a legal hold lose nothing. The audit chain stays whole.

    Example: `stillwatch retain --policy retention.toml`, and once that looks right, the same with `--apply`
    """
    wanted = read_policy(read_text(policy, "a TOML file with a table [retain]"), where=str(policy))
    desk = clerk.desk()
    destroyed = 0
    if apply_:
        with desk.database.writing(desk.stamp) as w:
            found = plan(w, wanted, desk.stamp.at)
            destroyed = apply(w, found)
    else:
        with desk.database.reading() as r:
            found = plan(r, wanted, desk.stamp.at)
    if json_:
        typer.echo(
            json.dumps({"applied": apply_, "keys_destroyed": destroyed, "due": [_record(d) for d in found]})
        )
        return
    _show(found, Console(highlight=False))
    if apply_:
        typer.echo(f"{destroyed:,} keys destroyed")
    elif found:
        typer.echo("Nothing was deleted; --apply does it, and it cannot be undone")


def _record(deletion: Deletion) -> dict[str, object]:
    times = {"since": deletion.since.isoformat(), "due": deletion.due.isoformat()}
    return {**asdict(deletion), **times, "keys": len(deletion.keys)}


def _show(found: tuple[Deletion, ...], out: Console) -> None:
    if not found:
        out.print("Nothing is due.")
        return
    table = Table(box=None, header_style="dim")
    for name in ("case", "what", "keys", "since", "due", ""):
        table.add_column(name, justify="right" if name == "keys" else "left")
    for d in found:
        remark = "kept: legal hold" if d.held else ""
        texts = (d.case_id, d.what, f"{len(d.keys):,}", f"{d.why} {day(d.since)}", day(d.due), remark)
        table.add_row(*map(Text, texts))
    out.print(table)
