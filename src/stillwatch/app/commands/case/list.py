"""`stillwatch case list`: the cases and how they stand."""

from __future__ import annotations

import json

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stillwatch.app.casework import AsJson, CaseKey, Store, open_desk
from stillwatch.app.report.words import day, visible
from stillwatch.cases.file import DELETED
from stillwatch.cases.work import state


def command(
    store: Store = "",
    case_key: CaseKey = None,
    json_: AsJson = False,
) -> None:
    """List the cases: state, campaign, title, when and by whom opened.

    Example: `stillwatch case list --json`
    """
    found = []
    with open_desk(store, case_key).database.reading() as r:
        for row in r.rows("cases"):
            payload, now = r.payload("cases", row), state(r, row["case_id"])
            found.append(
                {
                    "case_id": row["case_id"],
                    "campaign_id": row["campaign_id"],
                    "state": now.word,
                    "finding": now.finding_kind or None,
                    "held": now.held,
                    "opened_at": row["opened_at"].isoformat(),
                    "person": row["person"],
                    "title": payload["title"] if payload else DELETED,
                    "opened": day(row["opened_at"]),
                }
            )
    if json_:
        typer.echo(json.dumps({"cases": [{k: v for k, v in c.items() if k != "opened"} for c in found]}))
        return
    table = Table(box=None, header_style="dim")
    for name in ("case", "state", "campaign", "opened", "by", "title"):
        table.add_column(name)
    for case in found:
        word = case["state"] + (", held" if case["held"] else "")
        texts = (case["case_id"], word, case["campaign_id"], case["opened"], case["person"], case["title"])
        table.add_row(*(Text(visible(text, 60)) for text in texts))
    Console(highlight=False).print(table if found else Text("No cases yet."))
