"""`stillwatch share revoke`: take back what went out in a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import write_bundle
from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff
from stillwatch.share.bundles.say import revoke


@spread
def command(
    message: Annotated[
        str,
        typer.Argument(help="Finding, opinion or sighting, as `share ledger` lists it.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="File for the bundle.")] = Path("revoked.json"),
    peer: Peer = Peer(),
    staff: Staff = Staff(),
) -> None:
    """Write a new version of an object that we sent in a bundle, which says that it is revoked.

    `stillwatch taxii add` or `push` takes the file to where the object went; the partner's decisions that rest on it
    are marked for review there. STIX knows no way back: a revoked object cannot be sent again.

    Example: `stillwatch share revoke campaign--41ab --to Borealis --out revoked.json`
    """
    office = staff.office()
    with office.writing() as writing:
        partner, terms = peer.found(writing)
        objects = revoke(writing, terms, partner.id, message)
        write_bundle(out, objects)
    staff.show({"written": str(out), "revoked": str(objects[-1]["id"])})
