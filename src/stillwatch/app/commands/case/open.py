"""`stillwatch case open`: a case on a campaign, with its evidence frozen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, Clerk, Grade
from stillwatch.app.spread import spread
from stillwatch.cases.grade import read_grade
from stillwatch.cases.snapshot import read_snapshot
from stillwatch.cases.work import open_case, scan_grade


@spread
def command(
    campaign: Annotated[str, typer.Argument(help="Campaign id, or its beginning.", show_default=False)],
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    title: Annotated[
        str, typer.Option(help="What to call the case; the finding in one line by default.")
    ] = "",
    grade: Grade = "",
    clerk: Clerk = Clerk(),
    json_: AsJson = False,
) -> None:
    """Open a case on a campaign and freeze what the scan knew of it as exhibit 1.

    Later scans can be added as further exhibits; what was frozen stays as it was. The first case makes the case store
    and its master key. Without --grade a scan is graded A3, or A2 if a calibration of your own gave it a q-value.

    Example: `stillwatch case open c-5e1fa0b7 results --title "Relay, March"`
    """
    snapshot = read_snapshot(results, campaign)
    wanted = read_grade(grade) if grade else scan_grade(snapshot)
    desk = clerk.desk(make=True)
    with desk.database.writing(desk.stamp) as w:
        row = snapshot.tables["campaigns"][0]
        name = (
            title or f"{snapshot.campaign_id}: {row['accounts']:,} accounts, {row['exchanges']:,} exchanges"
        )
        case_id = open_case(w, snapshot, title=name, grade=wanted)
    accounts = len(snapshot.accounts)
    if json_:
        typer.echo(
            json.dumps({"case_id": case_id, "campaign_id": snapshot.campaign_id, "accounts": accounts})
        )
        return
    typer.echo(f"{case_id}  {name}")
    typer.echo(
        f"Exhibit 1 ({wanted}) holds what the scan knew of {snapshot.campaign_id} and {accounts:,} accounts."
    )
