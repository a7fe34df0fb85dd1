"""`stillwatch case exhibit`: add a later scan, a file, measured error rates, or what a partner said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, Case, Clerk, Grade, read_text
from stillwatch.app.spread import spread
from stillwatch.cases.file import find_case
from stillwatch.cases.grade import read_grade
from stillwatch.cases.snapshot import read_snapshot
from stillwatch.cases.work import Document, add_document, add_scan, scan_grade
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.records import Writing
from stillwatch.share.look import evidence_of

UNJUDGED = "F6"


@spread
def command(
    case: Case,
    source: Annotated[
        Path | None, typer.Argument(help="Result folder of a scan, or a file.", show_default=False)
    ] = None,
    title: Annotated[str, typer.Option(help="What it is; its name by default.")] = "",
    grade: Grade = "",
    evaluation: Annotated[
        bool,
        typer.Option(
            "--evaluation", help="The file is what `stillwatch evaluate --json` printed: error rates."
        ),
    ] = False,
    message: Annotated[
        str,
        typer.Option("--message", help="Instead of a file: a partner's message, as `share ledger` lists it."),
    ] = "",
    campaign: Annotated[
        str, typer.Option(help="Campaign in the result folder, if its id is no longer that of the case.")
    ] = "",
    clerk: Clerk = Clerk(),
    json_: AsJson = False,
) -> None:
    """Add an exhibit to a case, graded by the Admiralty code. What was frozen before is not touched.

    Without --grade a scan is graded as by `case open`, and a file F6: neither source nor content can be judged.

    Example: `stillwatch case exhibit c-5e1fa0b7 rescan --title "After the ban"`

    Example: `stillwatch case exhibit c-5e1fa0b7 letter.pdf --grade C4`

    A partner's message is graded by the reliability that you gave the partner. If it is taken back, every decision
    made on the exhibit is marked for review.

    Example: `stillwatch case exhibit c-5e1fa0b7 --message 5d0c`
    """
    _check(source, message, evaluation=evaluation)
    desk = clerk.desk()
    with desk.database.writing(desk.stamp) as w:
        case_id = find_case(w, case)
        if source is None:
            number = _message(w, case_id, message, title, grade)
        elif source.is_dir():
            number = _scan(w, case_id, source, campaign, title, grade)
        else:
            document = _document(source, evaluation=evaluation)
            wanted = read_grade(grade or UNJUDGED)
            number = add_document(w, case_id, document, title=title or source.name, grade=wanted)
    if json_:
        typer.echo(json.dumps({"case_id": case_id, "number": number}))
    else:
        typer.echo(f"Exhibit {number} added to {case_id}")


def _check(source: Path | None, message: str, *, evaluation: bool) -> None:
    """Raises `UsageError` unless one exhibit is named."""
    if (source is None) == (not message):
        raise UsageError(
            "an exhibit is a file, a result folder, or a message", remedy="Name one: SOURCE or --message"
        )
    if evaluation and (source is None or source.is_dir()):
        raise UsageError(
            "--evaluation is for a file", where=str(source or ""), remedy="Leave it out, or name the file"
        )


def _scan(w: Writing, case_id: str, folder: Path, campaign: str, title: str, grade: str) -> int:
    (row,) = w.rows("cases", case_id=case_id)
    snapshot = read_snapshot(folder, campaign or row["campaign_id"])
    wanted = read_grade(grade) if grade else scan_grade(snapshot)
    return add_scan(w, case_id, snapshot, title=title or folder.name, grade=wanted)


def _message(w: Writing, case_id: str, wanted: str, title: str, grade: str) -> int:
    found = evidence_of(w, wanted)
    document = Document("partner", f"{found.kind}.json", found.content, found.partner_id, found.message_id)
    name = title or f"{found.kind} of {found.partner}"
    return add_document(w, case_id, document, title=name, grade=read_grade(grade or f"{found.reliability}6"))


def _document(path: Path, *, evaluation: bool) -> Document:
    if evaluation:
        text = read_text(path, "the file that `stillwatch evaluate --json` wrote")
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not {"recall", "precision", "false_positives", "runs"} <= set(
            found
        ):
            raise InputError(
                "is not what `stillwatch evaluate --json` prints",
                where=str(path),
                remedy="Write it with `stillwatch evaluate RESULTS --truth TRUTH --json > figures.json`",
            )
        return Document("evaluation", path.name, text.encode())
    try:
        return Document("document", path.name, path.read_bytes())
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            remedy="Give a file or a result folder",
        ) from error
