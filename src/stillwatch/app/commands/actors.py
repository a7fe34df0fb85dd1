"""`stillwatch actors`: check actor profiles, or draft one from a campaign's indicators."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stillwatch.app.actor_drafts import draft
from stillwatch.app.actor_profiles import overview, print_overview
from stillwatch.app.options import read_time
from stillwatch.app.resources import shipped_profiles
from stillwatch.model.errors import UsageError
from stillwatch.store.files import replace_text


def command(
    profiles: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Folder of profiles, or one profile; without it those that ship, all fictional.",
            show_default=False,
        ),
    ] = None,
    from_campaign: Annotated[
        str,
        typer.Option("--from", metavar="CAMPAIGN", help="Draft a profile from this campaign's indicators."),
    ] = "",
    results: Annotated[
        Path | None, typer.Option("--results", help="Result folder of the campaign's scan.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name for the drafted actor.")] = "Unnamed actor",
    out: Annotated[
        Path | None, typer.Option("--out", help="File for the draft, such as actors/new.toml.")
    ] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="Say which claims have expired at this time.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check actor profiles and say what each of their claims may weigh, or draft a profile from a campaign.

    Example: `stillwatch actors profiles/`
    """
    if from_campaign:
        if results is None or out is None or profiles is not None:
            raise UsageError("--from needs --results and --out, and no DIR", remedy="Name all of them")
        replace_text(out, draft(results, from_campaign, name))
        said = {"written": str(out), "campaign": from_campaign}
        typer.echo(
            json.dumps(said) if json_ else f"Wrote {out}. Every claim in it needs your source and grade."
        )
        return
    with nullcontext(profiles) if profiles else shipped_profiles() as folder:
        found = overview(folder, read_time(as_of, "--as-of"))
    if json_:
        typer.echo(json.dumps([asdict(p) for p in found]))
        return
    print_overview(found, Console(highlight=False))
