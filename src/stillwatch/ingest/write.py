"""Tables as Parquet files that are either whole or not there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.errors import ResourceError

ROW_GROUP_BYTES = 64 * 1024 * 1024


class TableWriter:
    """Writes record batches to a hidden file beside the target; `finish` and `keep` move it into place.

    Left without `keep` (an error, an interrupt) the hidden file is removed; after `kill -9` it stays, is
    read by nobody, and the next run replaces it.
    """

    def __init__(self, folder: Path, name: str, schema: pa.Schema) -> None:
        self._target = folder / f"{name}.parquet"
        self._partial = folder / f".{name}.parquet.partial"
        self._schema = schema
        self._held: list[pa.RecordBatch] = []
        self._bytes = 0
        self.rows = 0

    def __enter__(self) -> Self:
        with full_disk(self._partial):
            self._writer = pq.ParquetWriter(
                str(self._partial), self._schema, compression="zstd", compression_level=1
            )
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; they reach the file in groups of about 64 MiB."""
        self._held.append(batch)
        self._bytes += batch.nbytes
        self.rows += len(batch)
        if self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        """Write what is held and close the hidden file; afterwards only its name is missing."""
        self._flush()
        with full_disk(self._partial):
            self._writer.close()

    def keep(self) -> None:
        """Give the finished file its name."""
        with full_disk(self._target):
            self._partial.replace(self._target)

    def _flush(self) -> None:
        if self._held:
            table = pa.Table.from_batches(self._held, self._schema)
            self._held, self._bytes = [], 0
            with full_disk(self._partial):
                self._writer.write_table(table, row_group_size=max(len(table), 1))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._partial.exists():
            with contextlib.suppress(OSError):
                self._writer.close()
            with contextlib.suppress(OSError):
                self._partial.unlink()


@contextlib.contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Turn an error of the file system into a `ResourceError`."""
    try:
        yield
    except OSError as error:
        what = os.strerror(error.errno) if error.errno else str(error).split("\n")[0]
        raise ResourceError(
            f"cannot write: {what}",
            where=str(path),
            remedy="Check free space and permissions, then run again; earlier results are untouched",
        ) from error


def write_table(folder: Path, name: str, table: pa.Table) -> None:
    """Write a whole table at once, in the same way."""
    with TableWriter(folder, name, table.schema) as writer:
        for batch in table.to_batches():
            writer.write(batch)
        writer.finish()
        writer.keep()
