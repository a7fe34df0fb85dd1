"""`stillwatch share elements`: ask which elements of an intersection are common."""

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
from stillwatch.share.messages import ElementsRequest
from stillwatch.share.outbox import Outgoing


def command(
    session: Annotated[str, typer.Argument(help="Session that `share overlap` printed.", show_default=False)],
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
    """Ask which elements of an intersection are common; they are shown only if somebody there allows it.

    Example: `stillwatch share elements 0f3c… --to Borealis --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    body = ElementsRequest(session=session, approved_role=role)
    done = approve_and_send(office, to, under, Outgoing(body), trust=trust, file=file)
    with office.reading() as reading:
        found = reading.rows("shared", named=session, kind="psi_elements")
    show(
        {
            "session": session,
            "shown": bool(found),
            "common": int(found[0]["amount"]) if found else None,
            **done,
        },
        json_,
    )
