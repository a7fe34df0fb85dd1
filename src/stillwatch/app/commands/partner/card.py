"""`stillwatch partner card`: print our card again."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import to_builtins

from stillwatch.app.casework import AsJson
from stillwatch.app.sharing import identity_file, show
from stillwatch.app.staff import IdentityFile
from stillwatch.share.identity import read_identity


def command(
    name: Annotated[str, typer.Option(help="Our name as partners read it.")] = "",
    endpoint: Annotated[str, typer.Option(help="Where partners post messages.")] = "",
    identity: IdentityFile = None,
    json_: AsJson = False,
) -> None:
    """Print our card again.

    Example: `stillwatch partner card --name Aurora`
    """
    card = read_identity(identity_file(identity)).card(name or "unnamed", endpoint)
    show({**to_builtins(card), "fingerprint": card.fingerprint}, json_)
