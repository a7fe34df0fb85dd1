"""Reads the exchanges of a canonical dataset as records, and writes lines; both as a stream."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError

Record: TypeAlias = dict[str, Any]
BATCH_ROWS = 4_096


def read_exchanges(dataset: Path, limit: int | None = None) -> Iterator[Record]:
    """Exchanges in file order, at most `limit`; `ts` in microseconds since 1970 UTC, nulls left out.

    Raises `InputError` if the folder holds neither `exchanges.parquet` nor `exchanges/*.parquet`.
    """
    return islice(_all(dataset), limit)


def write_lines(lines: Iterable[bytes], out: Path) -> int:
    """Write lines to a file, gzip if its name ends in `.gz`; returns how many."""
    written = 0
    with gzip.open(out, "wb", compresslevel=1) if out.suffix == ".gz" else out.open("wb") as stream:
        for line in lines:
            stream.write(line)
            stream.write(b"\n")
            written += 1
    return written


def _all(dataset: Path) -> Iterator[Record]:
    single = dataset / "exchanges.parquet"
    parts = [single] if single.exists() else sorted((dataset / "exchanges").glob("*.parquet"))
    if not parts:
        raise InputError(
            "no exchanges found", where=str(dataset), remedy="Name a folder that holds exchanges.parquet"
        )
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                yield from _records(batch)


def _records(batch: pa.RecordBatch) -> Iterator[Record]:
    at = batch.schema.get_field_index("ts")
    plain = batch.set_column(at, "ts", batch.column(at).cast(pa.int64()))
    for row in plain.to_pylist():
        yield {name: value for name, value in row.items() if value is not None}
