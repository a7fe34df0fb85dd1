"""`stillwatch case export`: the report of a case for others."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.case_report.content import Choice, Custody, case_report
from stillwatch.app.case_report.export import FORMS, export_files
from stillwatch.app.casework import AsJson, Case, Clerk, Desk, write_files
from stillwatch.app.spread import spread
from stillwatch.cases.file import CaseFile, find_case, read_case
from stillwatch.model.errors import InputError, UsageError

EXIT_FAULTS = 1


@spread
def command(
    case: Case,
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    form: Annotated[str, typer.Option(help="html, pdf, or both with a comma.")] = "html,pdf",
    account: Annotated[str, typer.Option(help="A report about this account alone, as for an appeal.")] = "",
    notes: Annotated[bool, typer.Option("--notes", help="Put internal notes into the report.")] = False,
    clerk: Clerk = Clerk(role="legal"),
    json_: AsJson = False,
) -> None:
    """Write a report of a case as HTML and PDF: statement, decisions, exhibits, evidence, doubts, method, error rates,
    chain of custody; beside it the list of accounts and the exhibited files.

    The audit chain is checked first, and the export is entered in it with the digest of each file. Exits with 1 if the
    chain is not whole; the report says so.

    Example: `stillwatch case export c-5e1fa0b7 --out for-counsel`
    """
    forms = tuple(part.strip() for part in form.split(","))
    if not set(forms) <= set(FORMS):
        raise UsageError(f"cannot write a report as {form!r}", remedy="Use --form html, pdf or html,pdf")
    desk = clerk.desk()
    checked = desk.database.verify()
    custody = Custody(
        checked.sound, checked.entries, checked.head.sequence, checked.head.hash, checked.head.store_id
    )
    found, choice = _read(desk, case, account, notes=notes)
    report = case_report(found, custody, desk.stamp.at, choice)
    files = export_files(found, report, choice, forms)
    written = write_files(out, files)
    with desk.database.writing(desk.stamp) as w:
        for name, content in files.items():
            w.record(f"export {Path(name).name}"[:120], found.case_id, hashlib.sha256(content).hexdigest())
    if json_:
        digests = {
            str(p): hashlib.sha256(c).hexdigest() for p, c in zip(written, files.values(), strict=True)
        }
        typer.echo(json.dumps({"case_id": found.case_id, "sound": checked.sound, "files": digests}))
    else:
        for path in written:
            typer.echo(str(path))
    if not checked.sound:
        typer.echo("The audit chain is not whole; `stillwatch audit verify` says where", err=True)
        raise typer.Exit(EXIT_FAULTS)


def _read(desk: Desk, case: str, account: str, *, notes: bool) -> tuple[CaseFile, Choice]:
    with desk.database.reading() as r:
        found = read_case(r, find_case(r, case))
        key = r.account_key(account) if account else ""
    if account and not any(key in e.accounts for e in found.exhibits):
        raise InputError(
            f"nothing about account {account!r} is left in case {found.case_id}",
            remedy=f"`stillwatch case show {found.case_id}` lists its accounts",
        )
    return found, Choice(key, notes)
