"""`stillwatch export`: results in a form that other programs read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.agreed_export import Given, export_under
from stillwatch.app.casework import AsJson, Clerk
from stillwatch.app.export import FORMS, ExportOrder, write_export
from stillwatch.app.options import KeyFile, read_time
from stillwatch.app.secret import default_key_file
from stillwatch.app.spread import spread
from stillwatch.model.errors import UsageError
from stillwatch.share.csv_export import write_csv
from stillwatch.share.publication import FIELDS, check_fields, check_pap, check_profile
from stillwatch.share.tlp import LEVELS, check_tlp


@dataclass(frozen=True, slots=True)
class Saying:
    """In whose name it is said, to whom, and what of it; for all forms but CSV."""

    publisher: Annotated[str, typer.Option("--publisher", help="In whose name it is said.")] = (
        "Stillwatch deployment"
    )
    audience: Annotated[
        str, typer.Option("--audience", help="To whom; each audience sees other pseudonyms of accounts.")
    ] = ""
    tlp: Annotated[
        str,
        typer.Option(
            "--tlp", help=f"Traffic Light Protocol 2.0: {', '.join(LEVELS)}; amber, or as agreed, by default."
        ),
    ] = ""
    pap: Annotated[
        str,
        typer.Option(
            "--pap",
            help="What receivers may do (Permissible Actions Protocol); amber, or as agreed, by default.",
        ),
    ] = ""
    profile: Annotated[
        str, typer.Option("--profile", help="STIX: strict (core objects only) or extended.")
    ] = "strict"
    fields: Annotated[
        str, typer.Option("--fields", help=f"Plain values that may leave, with commas: {', '.join(FIELDS)}.")
    ] = ""
    dataset: Annotated[
        Path | None,
        typer.Option("--dataset", help="Dataset that was scanned; addresses and domains come from it."),
    ] = None
    campaign: Annotated[
        list[str] | None,
        typer.Option("--campaign", help="Only this campaign, whatever its verdict; can be repeated."),
    ] = None
    at: Annotated[str, typer.Option("--at", help="Time of the finding; the end of the log by default.")] = ""

    def order(self, form: str) -> ExportOrder:
        """The order. Raises `UsageError` for words that mean nothing."""
        return ExportOrder(
            form=form,
            publisher=self.publisher,
            audience=self.audience,
            tlp=check_tlp(self.tlp or "amber"),
            pap=check_pap(self.pap or "amber"),
            profile=check_profile(self.profile),
            fields=check_fields([name.strip() for name in self.fields.split(",") if name.strip()]),
            dataset=self.dataset,
            campaigns=tuple(self.campaign or ()),
            at=read_time(self.at, "--at"),
        )

    def given(self) -> Given:
        """Which of it the user said, and the agreement need not."""
        return Given(
            tlp=bool(self.tlp), pap=bool(self.pap), fields=bool(self.fields), audience=bool(self.audience)
        )


@spread
def command(
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help=f"Form: {', '.join(FORMS)}.")] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write to; a folder named for the form in RESULTS by default."),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="CSV: leave cells that a spreadsheet would run as formulas as they are."),
    ] = False,
    saying: Saying = Saying(),
    agreement: Annotated[
        str,
        typer.Option(
            "--agreement",
            help="Agreement with the partner it is for, or the beginning of its id: fields, markings and audience "
            "come from it, and the ledger of what was shared gets its rows.",
        ),
    ] = "",
    clerk: Clerk = Clerk(),
    key_file: KeyFile = None,
    json_: AsJson = False,
) -> None:
    """Write findings for other tools: result tables as CSV, or campaigns as STIX 2.1, MISP events or OCSF.

    Prompts and answers are never written. Accounts are called by pseudonyms, and addresses, domains and frames
    left out, unless `--fields` names them. In CSV, text cells that begin like a formula get an apostrophe in front.

    Under an `--agreement` nothing is written that it does not allow, or that nobody in the role it names approved;
    whoever runs the command in that role approves by it.

    Example: `stillwatch export results --to stix --publisher "Example AI" --tlp amber+strict`

    Example: `stillwatch export results --to stix --agreement 9c41 --role legal --by dana`
    """
    if to not in FORMS:
        raise UsageError(f"cannot export to {to!r}", remedy=f"Use --to {' or '.join(FORMS)}")
    if to == "csv" and agreement:
        raise UsageError(
            "result tables as they are go to nobody",
            remedy="Use --to stix, misp or ocsf with --agreement",
        )
    folder, key = out or results / to, key_file or default_key_file()
    if to == "csv":
        files = write_csv(results, folder, guard=not raw)
    elif agreement:
        place = (results, folder, key)
        files = export_under(clerk.desk(), agreement, place, saying.order(to), saying.given())
    else:
        files = write_export(results, folder, saying.order(to), key)
    _say(to, files, json_)


def _say(to: str, files: Sequence[Path], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"to": to, "files": [str(path) for path in files]}))
        return
    for path in files:
        typer.echo(str(path))
