"""`stillwatch case show`: one case with everything in it."""

from __future__ import annotations

import json

import typer
from rich.console import Console

from stillwatch.app.case_view import case_record, print_case
from stillwatch.app.casework import AsJson, Case, CaseKey, Store, open_desk
from stillwatch.cases.file import find_case, read_case


def command(
    case: Case,
    store: Store = "",
    case_key: CaseKey = None,
    json_: AsJson = False,
) -> None:
    """Show a case: exhibits, decisions with reasons, notes, accounts and what was decided on each, audit entries.

    Example: `stillwatch case show c-5e1fa0b7`
    """
    with open_desk(store, case_key).database.reading() as r:
        found = read_case(r, find_case(r, case))
    if json_:
        typer.echo(json.dumps(case_record(found)))
    else:
        print_case(found, Console(highlight=False))
