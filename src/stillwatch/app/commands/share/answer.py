"""`stillwatch share answer`: our word on a partner's findings, as a STIX bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.options import KeyFile
from stillwatch.app.secret import default_key_file, read_key
from stillwatch.app.sharing import write_bundle
from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff
from stillwatch.share.bundles.say import answer
from stillwatch.share.publication import Publication


@spread
def command(
    campaign: Annotated[str, typer.Argument(help="Our campaign.", show_default=False)],
    publisher: Annotated[str, typer.Option("--publisher", help="In whose name we publish.")],
    out: Annotated[Path, typer.Option("--out", help="File for the bundle.")] = Path("answer.json"),
    peer: Peer = Peer(),
    key_file: KeyFile = None,
    staff: Staff = Staff(),
) -> None:
    """Write our word on the partner's findings that a campaign of ours was matched with: an opinion, and a sighting.

    What it says follows from the corroborations that stand: three bits or more confirm, fewer ask to investigate, none
    or less say that it is not seen here. `stillwatch taxii push` takes the file to the partner.

    Example: `stillwatch share answer c-17 --publisher "Example AI" --to Borealis --out answer.json`
    """
    office = staff.office()
    key = read_key(key_file or default_key_file())
    with office.writing() as writing:
        partner, terms = peer.found(writing)
        publication = Publication(
            publisher, writing.stamp.at, key, audience=partner.id, tlp=terms.tlp, pap=terms.pap
        )
        objects = answer(writing, terms, partner.id, publication, campaign)
        write_bundle(out, objects)
    said = [{"id": o["id"], "about": campaign} for o in objects if o["type"] in ("opinion", "sighting")]
    staff.show({"written": str(out), "said": said})
