"""Frozen evidence back in the shape of a scan's results, so that it is explained by the same code as a fresh one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stillwatch.app.report.results import Results, Row
from stillwatch.app.report.words import parsed
from stillwatch.cases.file import Exhibit
from stillwatch.model.table import TS
from stillwatch.model.tables import TABLES


def thaw(exhibit: Exhibit) -> Results:
    """The results that an exhibit froze: one campaign. Templates are left out where their text was deleted."""
    payload = exhibit.payload or {}
    frozen: dict[str, Sequence[Mapping[str, Any]]] = {
        **payload["tables"],
        "campaign_templates": exhibit.templates or [],
    }
    tables = {name: tuple(_row(name, row) for row in rows) for name, rows in frozen.items()}
    by_campaign = {name: {payload["campaign_id"]: rows} for name, rows in tables.items()}
    return Results(Path(), payload["scan"], tables, by_campaign)


def _row(table: str, row: Mapping[str, Any]) -> Row:
    times = {c.name for c in TABLES[table].columns if c.type == TS}
    thawed = {name: parsed(value) if name in times and value else value for name, value in row.items()}
    if table == "campaigns":
        thawed["phases"] = [{**p, "at": parsed(p["at"]) if p["at"] else None} for p in row["phases"] or ()]
    return thawed
