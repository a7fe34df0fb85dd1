"""`stillwatch share values`: write the values of a campaign's accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.campaign_values import campaign_values, write_values
from stillwatch.app.casework import AsJson
from stillwatch.app.sharing import show


def command(
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    dataset: Annotated[Path, typer.Argument(help="Dataset folder that was scanned.", show_default=False)],
    campaign: Annotated[
        str, typer.Option(help="Campaign; all that were called distillation by default.")
    ] = "",
    kind: Annotated[
        str, typer.Option(help="payment, address, mail_domain, user_agent or phone.")
    ] = "payment",
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("values.txt"),
    json_: AsJson = False,
) -> None:
    """Write the values of a campaign's accounts, one a line, for intersections. The file has mode 0600.

    Example: `stillwatch share values results dataset --campaign c-17 --kind payment --out cards.txt`
    """
    found = campaign_values(results, dataset, campaign, kind)
    write_values(out, found)
    show({"kind": kind, "values": len(found), "file": str(out)}, json_)
