"""`stillwatch enrich`: kinds of network for the addresses in a dataset."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stillwatch.ingest.mapping import load
from stillwatch.ingest.networks.enrich import enrich


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset written by ingest or simulate.")],
    networks: Annotated[
        list[Path],
        typer.Option("--networks", help="MMDB, OpenASN or a list of prefixes; again for a second choice."),
    ],
    mapping: Annotated[str, typer.Option("--map", help="TOML column mapping of a list of prefixes.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look up the kinds of network of all addresses and write `networks.parquet` into the dataset.

    Example: `stillwatch enrich data --networks openasn-ipv4.bin --networks openasn-ipv6.bin`
    """
    done = enrich(folder, networks, mapping=load(mapping) if mapping else None)
    if json_:
        typer.echo(json.dumps(asdict(done)))
        return
    console = Console(highlight=False)
    share = done.found / done.addresses if done.addresses else 0
    console.print(f"[bold]{done.found:,}[/] of {done.addresses:,} addresses found ({share:.0%})")
    console.print(f"{done.prefixes:,} prefixes written to {folder / 'networks.parquet'}")
    if done.damaged:
        console.print(f"[yellow]{done.damaged:,} rows of the list are no prefixes and were left out[/]")
    for kind, count in done.kinds.items():
        console.print(f"  {count:>9,}  {kind}")
