"""The page of tables: every table, column, type and meaning, and the kinds of value in `holdings`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.lab.reference.markdown import page, table
from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.families import FAMILIES, KINDS, family_code
from stillwatch.model.table import SCHEMA_VERSION, Table
from stillwatch.model.tables import TABLES

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "input": "What goes in: written by `stillwatch ingest`, by `stillwatch simulate` or by you",
        "between": "Between the stages: integers, no text",
        "result": "What comes out of `stillwatch scan`",
        "replay": "What comes out of `stillwatch replay`",
        "watch": "What comes out of `stillwatch watch`, beside the result tables",
        "state": "What `stillwatch scan --state` keeps from scan to scan: keyed hashes, no names and no text",
        "truth": "Ground truth, written by `stillwatch simulate` into `truth/`",
    }
)
CASES = "What the case store holds: `stillwatch case`, in SQLite or PostgreSQL, not in Parquet"


def tables_page() -> str:
    """`docs/reference/tables.md`."""
    intro = (
        f"Schema version {SCHEMA_VERSION}. Files are Parquet, one per table, named `<table>.parquet`; times "
        "are UTC. A required column must be present and never null. The others may be absent or null: every "
        "stage works without them, less sharply, and says so."
    )
    parts = [intro]
    for stage, title in STAGES.items():
        parts += [f"## {title}", *(_section(t) for t in TABLES.values() if t.stage == stage)]
    parts += [f"## {CASES}", *(_section(t) for t in CASE_TABLES.values())]
    return page("Tables", *parts, "## Families and kinds of value", _kinds())


def _section(spec: Table) -> str:
    rows = [
        [
            f"`{c.name}`",
            f"`{str(c.type).replace('large_string', 'string')}`",
            "yes" if c.required else "",
            c.meaning,
        ]
        for c in spec.columns
    ]
    key = ", ".join(f"`{name}`" for name in spec.key)
    title = f"### {spec.name}\n\n{spec.meaning}" + (f" Key: {key}." if key else "")
    return f"{title}\n\n" + table(["column", "type", "required", "meaning"], rows)


def _kinds() -> str:
    intro = (
        "`holdings.family` and `holdings.kind` hold the codes of this list; `evidence.family` and "
        "`evidence.kind` the names."
    )
    rows = [
        [f"{family_code(k.family)} `{k.family}`", f"{k.code} `{k.name}`", k.title]
        for family in FAMILIES
        for k in KINDS.values()
        if k.family == family
    ]
    return f"{intro}\n\n" + table(["family", "kind", "meaning"], rows)
