"""`stillwatch share match`: hold a partner's finding against a campaign of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.plain_values import with_values
from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.share.bundles.match import common_values, finding_of, match, match_bits
from stillwatch.share.finding import read_scan
from stillwatch.share.publication import NEED_DATASET
from stillwatch.share.rounds import BACKGROUND
from stillwatch.share.weigh import enter, record_matches


@spread
def command(
    finding: Annotated[
        str, typer.Argument(help="Message id of the finding, or its beginning.", show_default=False)
    ],
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    campaign: Annotated[str, typer.Argument(help="Our campaign.", show_default=False)],
    dataset: Annotated[
        Path | None,
        typer.Option("--dataset", help="Dataset that was scanned, for addresses, systems and mail domains."),
    ] = None,
    background: Annotated[
        float, typer.Option(min=0, max=1, help="Share of such values that are common by chance.")
    ] = BACKGROUND,
    keep: Annotated[
        bool, typer.Option("--keep", help="Enter the result as a corroboration of our campaign.")
    ] = False,
    staff: Staff = Staff(role="analyst"),
) -> None:
    """Hold a finding that came in a partner's bundle against a campaign of ours: common values and time, in bits.

    Example: `stillwatch share match campaign--41ab results c-17 --dataset logs --keep`
    """
    office = staff.office()
    scan = read_scan(results, only=(campaign,))
    if dataset is not None:
        scan = with_values(scan, results, dataset, NEED_DATASET)
    (ours,) = scan.findings
    with office.writing() as writing:
        theirs = finding_of(writing, finding)
        parts = match(theirs, ours, background=background)
        bits = match_bits(parts, theirs.reliability)
        common = common_values(theirs, ours)
        if keep:
            words = "; ".join(part.statement for part in parts) or "nothing to compare"
            enter(writing, campaign, theirs.ground, kind="likeness", bits=bits, statement=words)
            for kind in sorted({kind for kind, _ in common}):
                values = [value for found, value in common if found == kind]
                record_matches(writing, theirs.ground, theirs.received_at, kind, values)
    lines = [{"field": p.field, "bits": round(p.bits, 2), "statement": p.statement} for p in parts]
    staff.show(
        {"campaign": campaign, "finding": theirs.ground.message, "bits": round(bits, 2), "parts": lines}
    )
