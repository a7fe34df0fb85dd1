"""What a stage may ask of an engine: tables by name, short SQL statements, Arrow in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Relation:
    """A SELECT statement whose rows are meant; `SELECT * FROM (relation.sql)` reads them."""

    sql: str


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time a run looks at, both ends UTC; `end` is exclusive."""

    start: datetime
    end: datetime

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start).total_seconds() / 86_400


class Tables(Protocol):
    """Named tables in an engine.

    Statements use the small dialect that every engine runs alike: integers, joins, group by, min, max, sum,
    count, row_number; no string functions, no engine hashes, no engine sampling.
    """

    def define(self, name: str, sql: str) -> Relation:
        """Materialise a statement under `name`, replacing what stood there."""
        ...

    def put(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> Relation:
        """Store Arrow rows under `name`, replacing what stood there."""
        ...

    def extend(self, name: str, sql: str) -> None:
        """Add the rows of a statement to a table; columns are matched by name."""
        ...

    def rename(self, name: str, other: str) -> None:
        """Give a table another name, replacing what stood there."""
        ...

    def query(self, sql: str) -> pa.Table:
        """Rows of a statement as Arrow."""
        ...

    def batches(self, sql: str, *, rows: int) -> Iterable[pa.RecordBatch]:
        """Rows of a statement in batches of about so many, one after the other."""
        ...

    def numpy(self, sql: str) -> Mapping[str, Any]:
        """Columns of a statement as NumPy arrays (masked where null)."""
        ...

    def has(self, name: str) -> bool:
        """Whether a table of that name exists."""
        ...

    def columns(self, name: str) -> tuple[str, ...]:
        """Names of a table's columns."""
        ...

    def rows(self, name: str) -> int:
        """Number of rows of a table."""
        ...

    def drop(self, name: str) -> None:
        """Forget a table, if it exists."""
        ...


@runtime_checkable
class Apart(Protocol):
    """An engine whose large tables are on other machines, so that less should be asked of it at a time."""

    @property
    def most_texts(self) -> int:
        """So many distinct texts may come to this machine; more are worked on where they are."""
        ...

    def on_driver(self, name: str) -> bool:
        """Whether a table is on this machine."""
        ...
