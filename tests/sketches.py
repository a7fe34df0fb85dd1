"""Table `keys` from rows of exchanges, for tests of what is built on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from stillwatch.model.engine import Tables
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.kernels.address import ranges
from stillwatch.model.kernels.hashing import HashKey, keyed_strings
from stillwatch.signals.tables.keys import write_keys
from stillwatch.signals.tables.sketch import Sketcher

KEY = HashKey.from_bytes(bytes(range(32)))
START = datetime(2026, 3, 2, tzinfo=UTC)


def put_exchanges(t: Tables, rows: Iterable[Mapping[str, Any]], *, batch: int = 1000) -> int:
    """Sketch exchanges into `keys` and `reasoning`; what a row lacks is made up. Returns the duplicates."""
    filled = [
        {"exchange_id": f"r{i}", "ts": START + timedelta(minutes=i), "account_id": "a", "model": "m", **row}
        for i, row in enumerate(rows)
    ]
    schema = pa.schema([pa.field(f.name, f.type) for f in EXCHANGES.schema])
    batches = pa.Table.from_pylist(filled, schema=schema).to_batches(max_chunksize=batch)
    nowhere = ranges([], np.empty(0, np.int64))
    sketcher = Sketcher(KEY, None, nowhere, np.empty(0, np.int16), np.empty(0, np.int64))
    return write_keys(t, iter(batches), sketcher, threads=2, done=lambda _: None)


def key_of(text: str) -> int:
    """The keyed hash that stands for a string."""
    return int(keyed_strings(pa.array([text]), KEY)[0])
