"""`stillwatch share take-bundle`: take in a STIX bundle that came from a partner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import counterpart, read_bundle_file
from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff, Under
from stillwatch.share.bundles.take import take_bundle
from stillwatch.share.stix.objects import identity_id


@spread
def command(
    bundle: Annotated[Path, typer.Argument(help="File that `taxii pull` wrote.", show_default=False)],
    sender: Annotated[
        str, typer.Option("--from", help="Partner that it came from: name, or beginning of the fingerprint.")
    ] = "",
    publisher: Annotated[
        str, typer.Option("--publisher", help="In whose name the partner publishes; its own by default.")
    ] = "",
    under: Under = "",
    staff: Staff = Staff(role="engineer"),
) -> None:
    """Take in a STIX bundle of a partner: findings are kept, opinions and sightings of our campaigns entered.

    What is revoked no longer counts, and decisions that rest on it are marked for review. Whatever the agreement does
    not allow, or somebody else says, refuses the whole bundle: it is recorded, and the exit code is 1.

    Example: `stillwatch share take-bundle partner/pull-20261102.json --from Borealis`
    """
    office = staff.office()
    data = read_bundle_file(bundle)
    with office.writing() as writing:
        partner, terms = counterpart(writing, sender, under)
        author = identity_id(publisher or partner.card.name)
        taken = take_bundle(writing, partner, terms.id, data, author=author)
    fields = {
        "accepted": not taken.reason,
        "reason": taken.reason,
        "what": taken.what,
        "new": list(taken.new),
    }
    fields |= {"known": taken.known, "retracted": list(taken.retracted), "to_review": list(taken.to_review)}
    staff.show(fields)
    if taken.reason:
        raise typer.Exit(1)
