"""`stillwatch share overlap`: private set intersection with a partner, size first."""

from __future__ import annotations

from pathlib import Path
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
    new_session,
    open_office,
    read_values,
    show,
)
from stillwatch.share.oprf import ELEMENT_BYTES
from stillwatch.share.rounds import BACKGROUND, begin


def command(
    values: Annotated[Path, typer.Argument(help="Our values, one a line.", show_default=False)],
    kind: Annotated[str, typer.Option(help="Kind of the values.")] = "payment",
    campaign: Annotated[str, typer.Option(help="Campaign that they belong to.")] = "",
    background: Annotated[
        float, typer.Option(min=0, max=1, help="Share of our values that any partner has by chance.")
    ] = BACKGROUND,
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
    """Ask a partner how many of our values of a kind they have, without showing them: private set intersection.

    Example: `stillwatch share overlap cards.txt --kind payment --campaign c-17 --to Borealis --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    table = office.table({kind: values}, background)
    session = new_session()
    out = begin(table, session, kind, read_values(values), campaign)
    done = approve_and_send(office, to, under, out, trust=trust, file=file, table=table)
    with office.reading() as reading:
        size = [int(row["amount"]) for row in reading.rows("shared", named=session, kind="psi_size")]
    show(
        {
            "session": session,
            "values": len(out.attachment) // ELEMENT_BYTES,
            "common": size[0] if size else None,
            **done,
        },
        json_,
    )
