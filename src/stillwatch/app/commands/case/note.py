"""`stillwatch case note`: write something down."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, Case, Clerk
from stillwatch.app.spread import spread
from stillwatch.cases.file import find_case
from stillwatch.cases.work import add_note
from stillwatch.model.errors import UsageError


@spread
def command(
    case: Case,
    text: Annotated[str, typer.Argument(help="The note.", show_default=False)],
    clerk: Clerk = Clerk(),
    json_: AsJson = False,
) -> None:
    """Add a note to a case. Notes are kept encrypted, for as long as the retention policy keeps text.

    Example: `stillwatch case note c-5e1fa0b7 "Customer says that these are all one class"`
    """
    if not text.strip():
        raise UsageError("the note is empty", remedy="Write what is to be remembered")
    desk = clerk.desk()
    with desk.database.writing(desk.stamp) as w:
        case_id = find_case(w, case)
        note_id = add_note(w, case_id, text)
    typer.echo(
        json.dumps({"case_id": case_id, "note_id": note_id}) if json_ else f"{note_id} added to {case_id}"
    )
