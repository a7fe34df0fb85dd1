"""`stillwatch share look-up`: look for our own values among the digests that a partner sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, read_values, show
from stillwatch.share.look import look_up_all


def command(
    values: Annotated[Path, typer.Argument(help="Our values, one a line.", show_default=False)],
    kind: Annotated[str, typer.Option(help="Kind of the values.")] = "payment",
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "analyst",
    json_: AsJson = False,
) -> None:
    """Look for our own values among the digests that a partner sent.

    Example: `stillwatch share look-up our-cards.txt --kind payment --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        found = look_up_all(writing, office.identity, kind, read_values(values))
    show({"kind": kind, "messages": [{"message": m, "partner": p, "found": n} for m, p, n in found]}, json_)
