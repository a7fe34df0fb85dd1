"""`stillwatch share revoke`: take back what went out in a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, To, Under, counterpart, open_office, show, write_bundle
from stillwatch.share.bundles.say import revoke


def command(
    message: Annotated[
        str,
        typer.Argument(help="Finding, opinion or sighting, as `share ledger` lists it.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="File for the bundle.")] = Path("revoked.json"),
    to: To = "",
    under: Under = "",
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "legal",
    json_: AsJson = False,
) -> None:
    """Write a new version of an object that we sent in a bundle, which says that it is revoked.

    `stillwatch taxii add` or `push` takes the file to where the object went; the partner's decisions that rest on it
    are marked for review there. STIX knows no way back: a revoked object cannot be sent again.

    Example: `stillwatch share revoke campaign--41ab --to Borealis --out revoked.json`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        partner, terms = counterpart(writing, to, under)
        objects = revoke(writing, terms, partner.id, message)
        write_bundle(out, objects)
    show({"written": str(out), "revoked": str(objects[-1]["id"])}, json_)
