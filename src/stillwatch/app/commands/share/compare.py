"""`stillwatch share compare`: compare a summary that came in with a campaign of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.campaign_values import campaign_facts
from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.compare import compare, likeness_bits
from stillwatch.share.look import received_message, summary_like
from stillwatch.share.messages import Summary
from stillwatch.share.weigh import enter, ground_of


@spread
def command(
    message: Annotated[
        str, typer.Argument(help="Message id of the summary, or its beginning.", show_default=False)
    ],
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    campaign: Annotated[str, typer.Argument(help="Our campaign.", show_default=False)],
    keep: Annotated[
        bool, typer.Option("--keep", help="Enter the result as a corroboration of our campaign.")
    ] = False,
    staff: Staff = Staff(role="analyst"),
) -> None:
    """Compare a summary that came in with a campaign of ours, field by field, in bits.

    Example: `stillwatch share compare 5d0c… results c-17 --by dana`
    """
    office = staff.office()
    facts = campaign_facts(results, campaign, office.identity.fingerprint)
    with office.writing() as writing:
        theirs = received_message(writing, message, "summary")
        ours = summary_like(writing, office.identity, theirs, facts)
        parts = compare(ours, theirs.body) if isinstance(theirs.body, Summary) else ()
        bits = likeness_bits(parts)
        if keep:
            words = "; ".join(part.statement for part in parts) or "no field in common"
            enter(writing, campaign, ground_of(theirs), kind="likeness", bits=bits, statement=words)
    lines = [{"field": p.field, "bits": round(p.bits, 2), "statement": p.statement} for p in parts]
    staff.show({"campaign": campaign, "bits": round(bits, 2), "parts": lines})
