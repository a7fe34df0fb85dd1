"""The tables of `model.case_tables` as SQLAlchemy knows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.table import TS, Table


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC: `timestamptz` in PostgreSQL, ISO 8601 text in SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of a database."""
        kind: TypeEngine[Any] = sa.Text() if dialect.name == "sqlite" else sa.TIMESTAMP(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """A moment on its way in."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """A moment on its way out."""
        if value is None:
            return None
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return found.astimezone(UTC)


def column_type(kind: pa.DataType) -> TypeEngine[Any]:
    """The SQL type of an Arrow type."""
    if kind == TS:
        return UtcTime()
    if pa.types.is_string(kind):
        return sa.Text()
    if pa.types.is_integer(kind):
        return sa.BigInteger()
    if pa.types.is_boolean(kind):
        return sa.Boolean()
    if pa.types.is_binary(kind):
        return sa.LargeBinary()
    return sa.Float(53)


def sql_table(described: Table, metadata: sa.MetaData) -> sa.Table:
    """A table as described in `model`, in this metadata."""
    columns = [
        sa.Column(
            c.name,
            column_type(c.type),
            primary_key=c.name in described.key,
            nullable=not c.required,
            autoincrement=False,
        )
        for c in described.columns
    ]
    return sa.Table(described.name, metadata, *columns)


def sql_tables() -> Mapping[str, sa.Table]:
    """All tables of the case store."""
    metadata = sa.MetaData()
    return MappingProxyType({name: sql_table(t, metadata) for name, t in CASE_TABLES.items()})
