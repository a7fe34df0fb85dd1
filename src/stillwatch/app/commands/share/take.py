"""`stillwatch share take`: take in a sealed message from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, open_office, read_frame, show, value_files, write_frame


def command(
    frame: Annotated[Path, typer.Argument(help="File with a sealed message.", show_default=False)],
    values: Annotated[
        list[str] | None, typer.Option("--values", help="KIND=FILE: our values of a kind, one a line.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File for the answer.")] = None,
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "engineer",
    json_: AsJson = False,
) -> None:
    """Take in a sealed message from a file, as the server would; writes the answer beside it if there is one.

    Example: `stillwatch share take message.frame --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    receipt, answer = office.desk(office.table(value_files(values or []))).handle(read_frame(frame))
    target = out or frame.with_name(f"{frame.name}.answer")
    if answer:
        write_frame(target, answer)
    show(
        {"accepted": receipt.accepted, "reason": receipt.reason, "answer": str(target) if answer else None},
        json_,
    )
    if not receipt.accepted:
        raise typer.Exit(1)
