"""`stillwatch share take`: take in a sealed message from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import read_frame, value_files, write_frame
from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff


@spread
def command(
    frame: Annotated[Path, typer.Argument(help="File with a sealed message.", show_default=False)],
    values: Annotated[
        list[str] | None, typer.Option("--values", help="KIND=FILE: our values of a kind, one a line.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File for the answer.")] = None,
    staff: Staff = Staff(role="engineer"),
) -> None:
    """Take in a sealed message from a file, as the server would; writes the answer beside it if there is one.

    Prints how many elements are common when an intersection has come that far.

    Example: `stillwatch share take message.frame --by dana`
    """
    office = staff.office()
    receipt, answer = office.desk(office.table(value_files(values or []))).handle(read_frame(frame))
    target = out or frame.with_name(f"{frame.name}.answer")
    if answer:
        write_frame(target, answer)
    staff.show(
        {
            "accepted": receipt.accepted,
            "reason": receipt.reason,
            "what": receipt.what,
            "common": receipt.common,
            "answer": str(target) if answer else None,
        }
    )
    if not receipt.accepted:
        raise typer.Exit(1)
