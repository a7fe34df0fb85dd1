"""Parquet, CSV and JSON lines as columns of one of our tables, by a column mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.ingest import coerce
from stillwatch.ingest.csvrows import csv_header, csv_records, is_csv
from stillwatch.ingest.lines import numbered, objects, reason
from stillwatch.ingest.mapping import Plan, Step
from stillwatch.ingest.rows import Reject
from stillwatch.ingest.source import Source
from stillwatch.ingest.transforms import TRANSFORMS
from stillwatch.model.errors import InputError, SchemaError
from stillwatch.model.table import TS, Table

PARQUET = b"PAR1"
_TEXT = (pa.string(), pa.large_string(), pa.string_view())
CHUNK_ROWS = 8192
CHUNK_BYTES = 16 * 1024 * 1024
Columns = Mapping[str, Sequence[Any] | pa.Array]


@dataclass(slots=True)
class Chunk:
    """Some records as columns under their source names; `records[i]` is what row i is digested from."""

    columns: Columns
    lines: Sequence[int]
    records: Sequence[bytes | str]
    rejects: list[Reject] = field(default_factory=list)


def column_names(head: bytes, source: Source) -> list[str]:
    """Names of the columns of a table file, those that its folders name last, empty if it is none; of JSON lines, those
    of the first records."""
    if head.startswith(PARQUET):
        found = list(_parquet(source).schema_arrow.names)
    elif is_csv(head):
        found = csv_header(head)
    else:
        found = [name for record in objects(head) for name in record]
    return list(dict.fromkeys([*found, *source.partitions])) if found else []


def chunks(source: Source) -> Iterator[Chunk]:
    """A table file in chunks of bounded size; columns that only its folders name are in every chunk."""
    head = source.head()
    if head.startswith(PARQUET):
        found = _parquet_chunks(source)
    else:
        found = _record_chunks(csv_records(source) if is_csv(head) else _json_records(source))
    named = source.partitions
    for chunk in found:
        if named:
            chunk.columns = {name: [value] * len(chunk.lines) for name, value in named.items()} | dict(
                chunk.columns
            )
        yield chunk


def _parquet(source: Source) -> pq.ParquetFile:
    if source.once:
        raise InputError("Parquet cannot be read from standard input", remedy="Name the file instead")
    raw = source.open()
    try:
        return pq.ParquetFile(raw, pre_buffer=source.found is not None)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"damaged Parquet: {error}".split("\n")[0][:120], where=source.path, remedy="Write the file again"
        ) from error


def _parquet_chunks(source: Source) -> Iterator[Chunk]:
    file = _parquet(source)
    at = 1
    try:
        for batch in file.iter_batches(batch_size=CHUNK_ROWS):
            lines = range(at, at + len(batch))
            at += len(batch)
            yield Chunk(dict(zip(batch.schema.names, batch.columns, strict=True)), lines, _Digests(batch))
    except OSError as error:
        raise source.broken(error) from error


class _Digests(Sequence[str]):
    """Digests of the rows of a batch, made when asked for."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch

    def __len__(self) -> int:
        return len(self._batch)

    def __getitem__(self, row: Any) -> Any:
        return coerce.digest(repr(self._batch.slice(row, 1).to_pylist()))


def _json_records(source: Source) -> Iterator[tuple[int, bytes, dict[str, Any]] | Reject]:
    for number, line in numbered(source):
        if isinstance(line, Reject):
            yield line
            continue
        try:
            record = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield Reject(number, reason(error), coerce.digest(line))
            continue
        if isinstance(record, dict):
            yield number, line, record
        else:
            yield Reject(number, "not a JSON object", coerce.digest(line))


def _record_chunks(records: Iterable[tuple[int, bytes, dict[str, Any]] | Reject]) -> Iterator[Chunk]:
    lines: list[int] = []
    raws: list[bytes] = []
    held: list[dict[str, Any]] = []
    rejects: list[Reject] = []
    size = 0
    for record in records:
        if isinstance(record, Reject):
            rejects.append(record)
            continue
        number, raw, values = record
        lines.append(number)
        raws.append(raw)
        held.append(values)
        size += len(raw)
        if size >= CHUNK_BYTES or len(held) >= CHUNK_ROWS:
            yield Chunk(_columns(held), lines, raws, rejects)
            lines, raws, held, rejects, size = [], [], [], [], 0
    yield Chunk(_columns(held), lines, raws, rejects)


def _columns(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


@dataclass(frozen=True, slots=True)
class Filled:
    """Columns of one of our tables, and for each row why it is damaged (empty if it is not)."""

    columns: dict[str, pa.Array]
    damage: list[str]


def fill(chunk: Chunk, plan: Plan, table: Table, schema: pa.Schema, *, where: str) -> Filled:
    """Fill the columns of `schema` from a chunk; defaults stand in for null.

    Raises `SchemaError` if nothing fills a required column.
    """
    if len(chunk.lines) and (missing := plan.missing(table, chunk.columns)):
        raise SchemaError(
            f"nothing fills {', '.join(missing)}",
            where=where,
            remedy="Give a column mapping with --map, or defaults for them",
        )
    damage = [""] * len(chunk.lines)
    columns: dict[str, pa.Array] = {}
    for step in plan.steps:
        if step.to in schema.names and step.source in chunk.columns:
            columns[step.to] = _column(chunk, step, schema.field(step.to).type, table, damage)
    for name in schema.names:
        column = columns.get(name)
        if column is None:
            column = pa.nulls(len(damage), schema.field(name).type)
        if name in plan.defaults:
            column = _defaulted(column, plan.defaults[name], table, name)
        columns[name] = column
    return Filled(columns, damage)


def _column(chunk: Chunk, step: Step, kind: pa.DataType, table: Table, damage: list[str]) -> pa.Array:
    given = chunk.columns[step.source]
    wanted = table.schema.field(step.to).type
    if isinstance(given, (pa.Array, pa.ChunkedArray)):
        cast = None if step.transform else _cast(given, kind)
        if cast is not None:
            return cast
        given = given.to_pylist()
    transform = TRANSFORMS.get(step.transform, _as_is)
    to_kind = _coercion(wanted)
    values: list[Any] = [None] * len(given)
    for i, value in enumerate(given):
        if value is None or value == "":
            continue
        try:
            values[i] = to_kind(transform(value))
        except InputError as error:
            damage[i] = damage[i] or f"{step.to}: {error.what}"
            continue
        if values[i] is None:
            damage[i] = damage[i] or f"{step.to}: wrong type of value"
    return pa.array(values, kind)


def _cast(given: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """The column in another Arrow type, where no value can get lost by that; else nothing."""
    if pa.types.is_dictionary(given.type):
        given = given.dictionary_decode()
    held, types = given.type, pa.types
    if held == kind or (held in _TEXT and kind in _TEXT):
        return given.cast(kind)
    if types.is_timestamp(held) and kind in (pa.int64(), TS):  # without a zone: UTC
        whole = given.cast(pa.timestamp("us", tz=held.tz), safe=False)
        return whole.cast(pa.int64()).cast(kind)
    narrow = types.is_integer(held) and types.is_integer(kind) and held != pa.uint64()
    if (narrow and held.bit_width <= kind.bit_width) or (types.is_floating(held) and types.is_floating(kind)):
        return given.cast(kind, safe=False)
    return None


def _defaulted(column: pa.Array, value: Any, table: Table, name: str) -> pa.Array:
    made = _coercion(table.schema.field(name).type)(value)
    if made is None:
        raise InputError(f"the default of {name} has the wrong type", where="mapping", remedy="Correct it")
    return column.fill_null(pa.scalar(made, column.type))


def _as_is(value: Any) -> Any:
    return value


def _names(value: Any) -> list[str] | None:
    items = coerce.embedded(value)
    if isinstance(items, str):
        items = [items]
    if not isinstance(items, (list, np.ndarray)):
        return None
    return [str(item) for item in items]


def _pairs(value: Any) -> list[tuple[str, str]] | None:
    """Pairs from an object, from JSON text, or from the list of pairs that Arrow makes of a map."""
    given = coerce.embedded(value)
    if isinstance(given, list) and all(isinstance(item, tuple) and len(item) == 2 for item in given):
        given = dict(given)
    return None if not isinstance(given, dict) else coerce.strings(given) or []


def _string(value: Any) -> str | None:
    return coerce.text(value) if not isinstance(value, bool) else str(value).lower()


_COERCIONS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "int": coerce.whole,
        "float": coerce.real,
        "double": coerce.real,
        "bool": coerce.flag,
        "string": _string,
        "large_string": _string,
        "list": _names,
        "map": _pairs,
    }
)


def _coercion(kind: pa.DataType) -> Callable[[Any], Any]:
    if kind == TS:
        return _time
    return _COERCIONS[str(kind).rstrip("0123456789").split("<")[0]]


def _time(value: Any) -> int | None:
    return coerce.moment(value.isoformat() if hasattr(value, "isoformat") else value)
