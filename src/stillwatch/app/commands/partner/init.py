"""`stillwatch partner init`: make our keys towards partners and print the card to give them."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from msgspec import to_builtins

from stillwatch.app.casework import AsJson
from stillwatch.app.sharing import identity_file
from stillwatch.app.staff import IdentityFile
from stillwatch.share.identity import make_identity


def command(
    name: Annotated[str, typer.Option(help="Our name as partners read it.")] = "",
    endpoint: Annotated[
        str, typer.Option(help="Where partners post messages: an https address, or nothing.")
    ] = "",
    identity: IdentityFile = None,
    json_: AsJson = False,
) -> None:
    """Make our keys towards partners and print the card to give them.

    Example: `stillwatch partner init --name Aurora --endpoint https://share.aurora.example`
    """
    place = identity_file(identity)
    card = make_identity(place).card(name or "unnamed", endpoint)
    typer.echo(json.dumps(to_builtins(card)))
    if not json_:
        typer.echo(f"keys in {place}; fingerprint to read out to partners: {card.fingerprint}", err=True)
