"""What goes to executors and what comes back: types, batches of several tables, errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from stillwatch.model import errors
from stillwatch.model.errors import ResourceError, StillwatchError
from stillwatch.store.packages import need

Work = Callable[[Any], Iterator[tuple[str, pa.RecordBatch]]]

KIND = "kind"  # column that tells rows of several tables apart
_OURS = re.compile(r"stillwatch\.model\.errors\.(\w+): (.*)")
_RAISED = re.compile(
    r"^(\w*(?:Error|Exception): .*)$", re.MULTILINE
)  # by Python in an executor, the cause last
_SCARCE = re.compile(
    r"OutOfMemoryError|No space left on device|exceeds.*maxResultSize|Cannot allocate memory"
)


def spark_type(kind: pa.DataType) -> str:
    """How Spark calls an Arrow type of our tables."""
    plain = {
        pa.int8(): "TINYINT", pa.int16(): "SMALLINT", pa.int32(): "INT", pa.int64(): "BIGINT",
        pa.float32(): "FLOAT", pa.float64(): "DOUBLE", pa.bool_(): "BOOLEAN", pa.string(): "STRING",
        pa.large_string(): "STRING",
    }  # fmt: skip
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP"
    if pa.types.is_list(kind):
        return f"ARRAY<{spark_type(kind.value_type)}>"
    return plain[kind]


def columns_of(schema: pa.Schema) -> str:
    """A schema as Spark's reader and `mapInArrow` take it."""
    return ", ".join(f"`{field.name}` {spark_type(field.type)}" for field in schema)


def union_schema(tables: Mapping[str, pa.Schema]) -> pa.Schema:
    """One schema for rows of several tables: the column `kind`, then every column of any of them."""
    fields = {f.name: pa.field(f.name, _sent(f.type)) for schema in tables.values() for f in schema}
    return pa.schema([pa.field(KIND, pa.int8()), *fields.values()])


def runner(
    parts: Sequence[Any], work: Work, tables: Mapping[str, pa.Schema]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function for `mapInArrow`: numbers of parts in, rows of all tables in one schema out."""
    schema, kinds = union_schema(tables), {name: i for i, name in enumerate(tables)}

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                for name, rows in work(parts[number]):
                    yield _widened(rows, schema, kinds[name])

    return run


def _widened(rows: pa.RecordBatch, schema: pa.Schema, kind: int) -> pa.RecordBatch:
    columns = [pa.repeat(pa.scalar(kind, pa.int8()), len(rows))]
    for field in list(schema)[1:]:
        at = rows.schema.get_field_index(field.name)
        columns.append(pa.nulls(len(rows), field.type) if at < 0 else rows.column(at).cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _sent(kind: pa.DataType) -> pa.DataType:
    return pa.string() if kind == pa.large_string() else kind


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the errors of Spark into ours; an error of ours that an executor raised comes out as it was raised."""
    failures = need("pyspark.errors").PySparkException, *_java()
    try:
        yield
    except failures as error:
        text = str(error)
        ours = _OURS.search(text)
        if ours and isinstance(getattr(errors, ours.group(1), None), type):
            raise getattr(errors, ours.group(1))(ours.group(2).strip()) from error
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said = (_RAISED.findall(text)[-1:] or lines or ["no message"])[0]
        scarce = _SCARCE.search(text)
        if scarce:
            raise ResourceError(
                f"Spark ran out of memory or disk: {scarce.group()}",
                where=what[:200],
                remedy="Give executors and driver more, or use smaller partitions (docs/how-to/run-on-spark.md)",
            ) from error
        raise StillwatchError(f"Spark failed: {said[:400]}", where=what[:200]) from error


def _java() -> tuple[type[Exception], ...]:
    """Errors of the Java side, where there is one (Spark Connect has none)."""
    protocol = need("py4j.protocol")
    return protocol.Py4JError, protocol.Py4JNetworkError
