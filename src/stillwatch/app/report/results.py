"""Read the result folder of a scan into plain rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError, SchemaError
from stillwatch.model.table import Table
from stillwatch.model.tables import TABLES

Row = Mapping[str, Any]

READ = (
    "campaigns",
    "members",
    "member_evidence",
    "evidence",
    "hypotheses",
    "indicators",
    "attributions",
    "attribution_evidence",
    "campaign_templates",
    "campaign_activity",
    "releases",
    "enforcement",
)
UNREAD = frozenset(
    {("member_evidence", "rows")}
)  # table and column: ids behind a statement, many, and not shown


@dataclass(frozen=True, slots=True)
class Results:
    """What a scan left: its summary, and rows of each table in the order of their keys."""

    folder: Path
    summary: Mapping[str, Any]
    tables: Mapping[str, tuple[Row, ...]]
    by_campaign: Mapping[str, Mapping[str, tuple[Row, ...]]]

    def rows(self, name: str) -> tuple[Row, ...]:
        """All rows of a table; none where the scan wrote no such table."""
        return self.tables.get(name, ())

    def of(self, name: str, campaign_id: str) -> tuple[Row, ...]:
        """Rows of a table that belong to one campaign."""
        return self.by_campaign.get(name, {}).get(campaign_id, ())


def read_results(folder: Path) -> Results:
    """The results in `folder`; tables other than `campaigns` and `members` may be absent.

    Raises `InputError` if it holds no results or a file is damaged, `SchemaError` if a column is missing.
    """
    if not (folder / "campaigns.parquet").is_file():
        raise InputError(
            "no campaigns.parquet, so this is not the result folder of a scan",
            where=str(folder),
            remedy="Give the folder named with `stillwatch scan --out`",
        )
    tables = {name: _table(folder, TABLES[name]) for name in READ}
    tables["members"] = _named_fairly(tables["members"], tables["campaigns"])
    split = {n: _split(rows) for n, rows in tables.items() if rows and "campaign_id" in rows[0]}
    return Results(folder, _summary(folder), MappingProxyType(tables), MappingProxyType(split))


def _summary(folder: Path) -> Mapping[str, Any]:
    path = folder / "summary.json"
    if not path.is_file():
        return {}
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as JSON: {error}", where=str(path), remedy="Run the scan again"
        ) from error
    return summary if isinstance(summary, dict) else {}


def _table(folder: Path, table: Table) -> tuple[Row, ...]:
    path = folder / f"{table.name}.parquet"
    if not path.is_file():
        return ()
    try:
        present = set(pq.read_schema(path).names)
        wanted = [c.name for c in table.columns if c.name in present and (table.name, c.name) not in UNREAD]
        arrow = pq.read_table(path, columns=wanted)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(f"cannot be read: {reason}", where=str(path), remedy="Run the scan again") from error
    lacking = [name for name in table.required if name not in present]
    if lacking:
        raise SchemaError(
            f"column {lacking[0]!r} is missing",
            where=str(path),
            remedy="Run the scan again with this version",
        )
    return _sorted(arrow, table)


def _sorted(arrow: pa.Table, table: Table) -> tuple[Row, ...]:
    """Rows by key, with a null for every column the file lacks."""
    keys = [(name, "ascending") for name in table.key if name in arrow.column_names]
    ordered = arrow.sort_by(keys) if keys else arrow
    for column in table.columns:
        if column.name not in ordered.column_names and (table.name, column.name) not in UNREAD:
            ordered = ordered.append_column(column.name, pa.nulls(ordered.num_rows))
    return tuple(map(MappingProxyType, ordered.to_pylist()))


def _named_fairly(members: Sequence[Row], campaigns: Sequence[Row]) -> tuple[Row, ...]:
    """Members, of whom nobody is called a harvester outside a distillation campaign."""
    accused = {c["campaign_id"] for c in campaigns if c["verdict"] == "distillation"}
    return tuple(
        m
        if m["role"] != "harvester" or m["campaign_id"] in accused
        else MappingProxyType({**m, "role": "member"})
        for m in members
    )


def _split(rows: Sequence[Row]) -> Mapping[str, tuple[Row, ...]]:
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row["campaign_id"], []).append(row)
    return MappingProxyType({key: tuple(part) for key, part in parts.items()})
