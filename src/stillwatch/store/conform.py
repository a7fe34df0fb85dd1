"""Batches as a table's schema wants them: its columns in their order and types, what came later left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.model.errors import SchemaError
from stillwatch.model.table import SCHEMA_VERSION, Table
from stillwatch.store.parts import Part


def with_named(batch: pa.RecordBatch, named: Mapping[str, str | None]) -> pa.RecordBatch:
    """The batch with the columns that its folders name."""
    for name, value in named.items():
        batch = batch.append_column(name, pa.array([value] * batch.num_rows, pa.string()))
    return batch


def check(found: pa.Schema, part: Part, table: Table) -> None:
    """Raise `SchemaError` for a file of another schema version, or without a required column."""
    where = part.found.address
    version = (found.metadata or {}).get(b"stillwatch.schema", SCHEMA_VERSION.encode()).decode()
    if version != SCHEMA_VERSION:
        raise SchemaError(
            f"has schema version {version}, this program reads version {SCHEMA_VERSION}",
            where=where,
            remedy="Write it again with this version of Stillwatch",
        )
    missing = [name for name in table.required if name not in (*found.names, *part.named)]
    if missing:
        raise SchemaError(
            f"table {table.name} lacks the required column {missing[0]!r}",
            where=where,
            remedy="Name the source column for it in a mapping: `stillwatch ingest --map`",
        )


def known_before(batch: pa.RecordBatch, since: str, limit: datetime | None) -> pa.RecordBatch:
    """Rows known before the limit; of accounts, a status that came later is not known yet."""
    known = batch.filter(pc.fill_null(pc.less(batch.column(since), limit), True))
    if "status_at" in known.schema.names and "status" in known.schema.names:
        later = pc.fill_null(pc.greater_equal(known.column("status_at"), limit), False)
        for name in ("status", "status_at"):
            at = known.schema.get_field_index(name)
            column = pc.if_else(later, pa.scalar(None, known.schema.field(at).type), known.column(name))
            known = known.set_column(at, known.schema.field(at), column)
    return known


def conform(batch: pa.RecordBatch, table: Table, names: Sequence[str], where: str) -> pa.RecordBatch:
    """The named columns in the table's order and types, null where the batch has none.

    Raises `SchemaError` for a type that cannot be had, and for a required column with empty values; `where` is the
    file.
    """
    fields, arrays = [], []
    for column in table.columns:
        if column.name not in names:
            continue
        at = batch.schema.get_field_index(column.name)
        array = pa.nulls(batch.num_rows, column.type) if at < 0 else batch.column(at)
        arrays.append(_cast(array, column.type, f"{where}: {column.name}"))
        fields.append(pa.field(column.name, column.type))
        if column.required and arrays[-1].null_count:
            raise SchemaError(
                f"required column {column.name!r} holds {arrays[-1].null_count} empty values",
                where=where,
                remedy="Read the logs with `stillwatch ingest`, which puts such records into rejects",
            )
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _cast(array: pa.Array, wanted: pa.DataType, where: str) -> pa.Array:
    if array.type == wanted:
        return array
    try:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_timestamp(wanted) and pa.types.is_timestamp(array.type) and array.type.tz is None:
            array = pc.assume_timezone(array.cast(pa.timestamp("us"), safe=False), "UTC")
        return array.cast(wanted, safe=not pa.types.is_timestamp(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SchemaError(
            f"column has type {array.type}, expected {wanted}",
            where=where,
            remedy="Convert the column, or read the logs with `stillwatch ingest`",
        ) from error
