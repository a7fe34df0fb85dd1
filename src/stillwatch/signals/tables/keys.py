"""Tables `keys` and `reasoning`: every exchange sketched once, duplicates counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from stillwatch.model.ahead import ahead
from stillwatch.model.between_tables import KEYS, REASONING
from stillwatch.model.engine import Tables
from stillwatch.model.schemas import plain
from stillwatch.signals.tables.sketch import Sketcher

Done = Callable[[int], None]


def write_keys(
    t: Tables, batches: Iterator[pa.RecordBatch], sketcher: Sketcher, *, threads: int, done: Done
) -> int:
    """Fill `keys` and `reasoning` from batches of exchanges; returns how many duplicates were dropped.

    `done` is told the rows of each batch. Batches are sketched in `threads` threads, which hold the
    interpreter lock only between kernels; one batch more is in memory.
    """
    reasoning: list[pa.RecordBatch] = []

    def stream() -> Iterator[pa.RecordBatch]:
        for keys, blocks in _sketched(batches, sketcher, threads):
            if blocks.num_rows:
                reasoning.append(blocks)
            done(keys.num_rows)
            yield keys

    t.put("keys", pa.RecordBatchReader.from_batches(plain(KEYS.schema), stream()))
    t.put("reasoning", pa.Table.from_batches(reasoning, schema=plain(REASONING.schema)))
    return drop_duplicates(t)


def _sketched(
    batches: Iterator[pa.RecordBatch], sketcher: Sketcher, threads: int
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    def numbered() -> Iterator[tuple[pa.RecordBatch, int]]:
        row = 0
        for batch in batches:
            yield batch, row
            row += batch.num_rows

    return ahead(lambda part: sketcher.batch(*part), numbered(), threads=threads)


def drop_duplicates(t: Tables) -> int:
    """Keep in `keys` and `reasoning` one exchange of each id; returns how many were dropped.

    The earliest is kept, ties are broken by content, so that row order does not matter.
    """
    before = t.rows("keys")
    ids = t.query("SELECT count(DISTINCT exchange_id) AS n FROM keys")
    if int(ids["n"][0].as_py()) == before:
        return 0
    columns = ", ".join(KEYS.schema.names)
    content = ", ".join(name for name in KEYS.schema.names if name not in ("exchange_id", "ts", "row"))
    t.define(
        "keys",
        f"""
        SELECT {columns} FROM (
            SELECT {columns}, row_number() OVER (
                PARTITION BY exchange_id
                ORDER BY ts, {content}, row
            ) AS copy FROM keys
        ) AS counted WHERE copy = 1
        """,
    )
    t.define(
        "reasoning",
        """
        SELECT DISTINCT r.* FROM reasoning r
        JOIN keys k ON k.exchange_id = r.exchange_id AND k.account_id = r.account_id AND k.ts = r.ts
        """,
    )
    return before - t.rows("keys")
