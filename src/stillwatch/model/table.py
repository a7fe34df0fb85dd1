"""What a table is: its name, columns, Arrow types, meaning; and how one is described in text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

SCHEMA_VERSION = "1"

TS = pa.timestamp("us", tz="UTC")
TEXT = pa.large_string()
NAME = pa.string()
NAMES = pa.list_(pa.string())
INT = pa.int64()
REAL = pa.float64()
PHASE = pa.struct(
    [("kind", NAME), ("at", TS), ("detail", NAME)],
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `required` ones must be present and not null."""

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `stage` says who writes it (`input`, `between`, `result`, `replay`, `watch`, `state`, `truth`;
    `case` for those of the case store)."""

    name: str
    stage: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with the schema version in its metadata."""
        fields = [pa.field(c.name, c.type, nullable=not c.required) for c in self.columns]
        return pa.schema(fields, metadata={"stillwatch.schema": SCHEMA_VERSION})

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be present."""
        return tuple(c.name for c in self.columns if c.required)


def described(name: str, stage: str, meaning: str, text: str, *, key: Sequence[str] = ()) -> Table:
    """A table from lines `name | type | meaning`; a name ending in `!` is required."""
    columns = []
    for line in text.strip().splitlines():
        column, kind, what = (part.strip() for part in line.split("|", 2))
        columns.append(Column(column.rstrip("!"), _TYPES[kind], what, column.endswith("!")))
    return Table(name, stage, meaning, tuple(columns), tuple(key))


_TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "string": NAME,
        "text": TEXT,
        "names": NAMES,
        "ts": TS,
        "int64": INT,
        "int32": pa.int32(),
        "int16": pa.int16(),
        "float64": REAL,
        "float32": pa.float32(),
        "bool": pa.bool_(),
        "bytes": pa.binary(),
        "map": pa.map_(NAME, NAME),
        "amounts": pa.map_(NAME, REAL),
        "phases": pa.list_(PHASE),
    }
)
