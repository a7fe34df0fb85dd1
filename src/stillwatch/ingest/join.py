"""Two logs of the same requests made one: an access log knows the client, a trace knows the content.

Rows are dealt to buckets on disk by the hash of their exchange id, then joined bucket by bucket, so that
memory is bounded by one bucket.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.coerce import digest
from stillwatch.ingest.rows import WIDE, Batch
from stillwatch.ingest.write import full_disk
from stillwatch.model.kernels.hashing import hash_strings

BUCKETS = 32
_FROM_ACCESS = frozenset(
    {"client_address", "user_agent", "ja4", "header_order", "sdk", "status", "duration_ms", "account_id"}
)
_ORIGIN = (("_file", pa.string()), ("_line", pa.int64()), ("_digest", pa.string()), ("_access", pa.bool_()))
_SCHEMA = pa.schema([*WIDE, *(pa.field(name, kind) for name, kind in _ORIGIN)])


class Join:
    """Buckets in a hidden folder, which `close` removes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / ".join.partial"
        shutil.rmtree(self._folder, ignore_errors=True)
        with full_disk(self._folder):
            self._folder.mkdir()
        self._files: dict[int, pa.RecordBatchStreamWriter] = {}

    def add(self, batch: Batch, *, path: str, access: bool) -> None:
        """Deal out the rows of a batch; `access` says that they come from an access log."""
        rows = batch.exchanges
        count = len(rows)
        named = [r if isinstance(r, str) else digest(r) for r in batch.records]
        origin = [
            pa.array([path] * count, pa.string()),
            pa.array(batch.lines, pa.int64()),
            pa.array(named, pa.string()),
            pa.array([access] * count, pa.bool_()),
        ]
        full = pa.record_batch([*rows.columns, *origin], schema=_SCHEMA)
        bucket = hash_strings(rows["exchange_id"]) % BUCKETS
        with full_disk(self._folder):
            for number in np.unique(bucket):
                self._writer(int(number)).write_batch(full.filter(pa.array(bucket == number)))

    def batches(self) -> Iterator[Batch]:
        """Joined batches, one bucket at a time."""
        for number, writer in sorted(self._files.items()):
            writer.close()
            with pa.ipc.open_stream(str(self._path(number))) as stream:
                yield _joined(stream.read_all())

    def close(self) -> None:
        """Remove the buckets."""
        for writer in self._files.values():
            writer.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _writer(self, number: int) -> pa.RecordBatchStreamWriter:
        if number not in self._files:
            self._files[number] = pa.ipc.new_stream(str(self._path(number)), _SCHEMA)
        return self._files[number]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.arrows"


def _joined(rows: pa.Table) -> Batch:
    """Traces with what the access log adds, then the access records that no trace belongs to."""
    rows = rows.combine_chunks()
    access = rows.filter(rows["_access"])
    traces = rows.filter(pc.invert(rows["_access"]))
    partner = pc.index_in(traces["exchange_id"], value_set=access["exchange_id"].combine_chunks())
    lone = pc.invert(pc.is_in(access["exchange_id"], value_set=traces["exchange_id"].combine_chunks()))
    merged = {name: _merge(name, traces, access, partner) for name in _SCHEMA.names}
    both = pa.concat_tables([pa.table(merged, schema=_SCHEMA), access.filter(lone)]).combine_chunks()
    columns = [_one(both[name]) for name in WIDE.names]
    return Batch(
        pa.record_batch(columns, schema=WIDE),
        both["_line"].to_pylist(),
        both["_digest"].to_pylist(),
        files=both["_file"].to_pylist(),
    )


def _one(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])
    )


def _merge(name: str, traces: pa.Table, access: pa.Table, partner: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of the trace, filled up from the access log, or the other way round."""
    own = traces[name]
    if name.startswith("_") or pa.types.is_nested(own.type) or not len(access):
        return own
    other = access[name].take(partner)
    return pc.coalesce(other, own) if name in _FROM_ACCESS else pc.coalesce(own, other)
