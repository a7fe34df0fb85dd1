"""`stillwatch share indicators`: send keyed digests of values that stand a search."""

from __future__ import annotations

from datetime import UTC, datetime
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
    counterpart,
    open_office,
    read_values,
    show,
)
from stillwatch.share.look import day_number, indicator_messages
from stillwatch.share.outbox import Outgoing


def command(
    values: Annotated[Path, typer.Argument(help="Our values, one a line.", show_default=False)],
    kind: Annotated[str, typer.Option(help="Kind of the values.")] = "payment",
    first: Annotated[str, typer.Option(help="First day they were seen, such as 2026-11-02.")] = "",
    last: Annotated[str, typer.Option(help="Last day they were seen.")] = "",
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
    """Send keyed digests of values that stand a search: cards, e-mail addresses, clients, templates.

    Example: `stillwatch share indicators cards.txt --kind payment --to Borealis --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    days = (day_number(first), day_number(last or first))
    with office.reading() as reading:
        partner, terms = counterpart(reading, to, under)
    now = int(datetime.now(UTC).timestamp())
    found = {kind: read_values(values)}
    bodies = indicator_messages(office.identity, partner, terms, found, days, now=now)
    done: dict[str, object] = {}
    for number, body in enumerate(bodies, 1):
        place = file.with_name(f"{file.name}.{number}") if file and len(bodies) > 1 else file
        done = approve_and_send(office, to, under, Outgoing(body), trust=trust, file=place)
    show(
        {"kind": kind, "digests": sum(len(body.items) for body in bodies), "messages": len(bodies), **done},
        json_,
    )
