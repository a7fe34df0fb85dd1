"""Tables of our own names, or of any names with a column mapping: Parquet, CSV, JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from stillwatch.ingest.coerce import text
from stillwatch.ingest.csvrows import csv_header, is_csv
from stillwatch.ingest.formats import Settings
from stillwatch.ingest.lines import objects
from stillwatch.ingest.mapping import plan
from stillwatch.ingest.rows import WIDE, Batch
from stillwatch.ingest.source import Source
from stillwatch.ingest.tabular import PARQUET, Chunk, Filled, chunks, column_names, fill
from stillwatch.model.errors import InputError
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.registry import log_format


@log_format(
    name="canonical",
    title="Our own columns, or any with a mapping (Parquet, CSV, JSON lines)",
    account="the column account_id, or the one that the mapping sends there",
)
class Canonical:
    """Reads a table column by column; columns that fill nothing are noted."""

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account
        self._mapped = settings.mapping is not None
        self._plan = plan(settings.mapping, EXCHANGES)
        self._unknown: set[str] = set()

    def sniff(self, head: bytes) -> float:
        """Sure where the columns fill all required ones; Parquet is never anything else."""
        if head.startswith(PARQUET):
            return 1.0
        names = csv_header(head) if is_csv(head) else {n for record in objects(head) for n in record}
        return 1.0 if names and not self._plan.missing(EXCHANGES, self._given(names)) else 0.0

    def read(self, source: Source) -> Iterator[Batch]:
        """Batches of a table; raises `SchemaError` if nothing fills a required column."""
        names = column_names(source.head(), source)
        if not names:
            raise InputError("no columns found", where=source.path, remedy="Check that it is a table")
        named = source.partitions
        self._unknown.update(self._plan.unknown(name for name in names if name not in named))
        for chunk in chunks(source):
            yield self._batch(chunk, source)

    def notes(self) -> list[str]:
        """Columns that fill nothing, for the report."""
        unknown = sorted(self._unknown - {self._account})
        return [f"columns without a use: {', '.join(unknown)}"] if unknown else []

    def _given(self, names: object) -> set[str]:
        given = set(names) if isinstance(names, (set, list)) else set()
        return given | {"account_id"} if self._account in given else given

    def _batch(self, chunk: Chunk, source: Source) -> Batch:
        if self._account:
            ids = chunk.columns.get(self._account, [None] * len(chunk.lines))
            given = ids.to_pylist() if isinstance(ids, pa.Array) else ids
            chunk.columns = dict(chunk.columns) | {"account_id": [text(value) for value in given]}
        filled = fill(chunk, self._plan, EXCHANGES, WIDE, where=source.path)
        filled.columns["source"] = pa.array([f"canonical:{source.name}"] * len(chunk.lines), pa.string())
        return _sorted_out(chunk, filled)


def _sorted_out(chunk: Chunk, filled: Filled) -> Batch:
    """The rows that could be converted, and a reject for each that could not."""
    whole = pa.record_batch([filled.columns[name] for name in WIDE.names], schema=WIDE)
    good = np.array([not why for why in filled.damage], bool)
    batch = Batch(whole, chunk.lines, chunk.records, list(chunk.rejects))
    if good.all():
        return batch
    rejects = batch.rejects + [batch.reject(i, why) for i, why in enumerate(filled.damage) if why]
    kept = np.flatnonzero(good).tolist()
    lines = [chunk.lines[i] for i in kept]
    records = [chunk.records[i] for i in kept]
    return Batch(whole.filter(pa.array(good)), lines, records, rejects)
