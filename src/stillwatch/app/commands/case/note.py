"""`stillwatch case note`: write something down."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, Case, CaseKey, Role, Store, open_desk
from stillwatch.cases.file import find_case
from stillwatch.cases.work import add_note
from stillwatch.model.errors import UsageError


def command(
    case: Case,
    text: Annotated[str, typer.Argument(help="The note.", show_default=False)],
    store: Store = "",
    case_key: CaseKey = None,
    by: By = "",
    role: Role = "analyst",
    json_: AsJson = False,
) -> None:
    """Add a note to a case. Notes are kept encrypted, for as long as the retention policy keeps text.

    Example: `stillwatch case note c-5e1fa0b7 "Customer says that these are all one class"`
    """
    if not text.strip():
        raise UsageError("the note is empty", remedy="Write what is to be remembered")
    desk = open_desk(store, case_key, by, role)
    with desk.database.writing(desk.stamp) as w:
        case_id = find_case(w, case)
        note_id = add_note(w, case_id, text)
    typer.echo(
        json.dumps({"case_id": case_id, "note_id": note_id}) if json_ else f"{note_id} added to {case_id}"
    )
