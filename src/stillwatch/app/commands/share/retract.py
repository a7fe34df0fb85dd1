"""`stillwatch share retract`: take back a message that we sent."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import (
    IdentityFile,
    OutFile,
    To,
    Trust,
    Under,
    approve_and_send,
    open_office,
    show,
)
from stillwatch.share.look import retraction_of
from stillwatch.share.outbox import Outgoing


def command(
    message: Annotated[
        str,
        typer.Argument(help="Message id, or its beginning, as `share ledger` lists it.", show_default=False),
    ],
    reason: Annotated[
        str, typer.Option(help="mistaken, withdrawn_by_source, legal, superseded or compromised.")
    ] = "mistaken",
    to: To = "",
    under: Under = "",
    trust: Trust = None,
    file: OutFile = None,
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "legal",
    json_: AsJson = False,
) -> None:
    """Take back a message that we sent; the partner's decisions that rest on it are marked for review there.

    Example: `stillwatch share retract 5d0c… --reason mistaken --to Borealis --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.reading() as reading:
        body = retraction_of(reading, message, reason)
    show(approve_and_send(office, to, under, Outgoing(body), trust=trust, file=file), json_)
