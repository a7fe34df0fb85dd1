"""What is wrong with a batch of exchanges: missing ids, absurd values, ids seen before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.rows import Batch, Reject
from stillwatch.ingest.seen import Seen
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.kernels.hashing import hash_strings

EARLIEST = 1_514_764_800_000_000  # 2018-01-01 in microseconds: no language-model API is older
MAX_TEXT_BYTES = 50 * 1024 * 1024
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "turn",
)
_TEXTS = ("prompt_text", "system_text", "response_text")
_LARGEST = 2**31 - 1
_NARROW = ("max_tokens", "duration_ms")
SCHEMA = EXCHANGES.schema

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Checked:
    """Exchanges that may be written, in the schema of the table, and the rejects of the batch."""

    exchanges: pa.RecordBatch
    rejects: list[Reject]


def check(batch: Batch, *, seen: Seen | None, latest: int) -> Checked:
    """Sort out a batch; `latest` (µs since 1970) is the newest time that is believed.

    Without `seen` nobody looks for repeated ids.
    """
    rows = batch.exchanges
    why = np.zeros(len(rows), np.int16)
    findings = _findings(rows, latest)
    reasons = ["", *(reason for reason, _ in findings)]
    for code, (_, mask) in enumerate(findings, start=1):
        why[(why == 0) & mask] = code
    if seen is not None:
        fresh = np.flatnonzero(why == 0)
        repeated = ~seen.add(hash_strings(rows["exchange_id"].take(fresh)))
        why[fresh[repeated]] = len(reasons)
        reasons.append("duplicate exchange_id")
    rejects = batch.rejects + [batch.reject(int(i), reasons[why[i]]) for i in np.flatnonzero(why)]
    rejects.sort(key=lambda reject: (reject.file, reject.line))
    kept = rows if not why.any() else rows.filter(pa.array(why == 0))
    return Checked(narrowed(kept), rejects)


def _findings(rows: pa.RecordBatch, latest: int) -> list[tuple[str, Mask]]:
    """Reasons and the rows they hold for, the more telling reason first."""
    ts, status = _values(rows["ts"]), _values(rows["status"])
    found = [
        ("no exchange id", _empty(rows["exchange_id"])),
        ("no account: choose its field with --account", _empty(rows["account_id"])),
        ("no model", _empty(rows["model"])),
        ("no time", ~_given(rows["ts"])),
        ("time before 2018", _given(rows["ts"]) & (ts < EARLIEST)),
        ("time in the future", _given(rows["ts"]) & (ts > latest)),
        ("status out of range", _given(rows["status"]) & ((status < 100) | (status > 599))),
    ]
    for name in _COUNTS:
        values = _values(rows[name])
        found.append((f"negative {name}", _given(rows[name]) & (values < 0)))
        found.append((f"absurd {name}", _given(rows[name]) & (values > _LARGEST)))
    found += [(f"{name} larger than 50 MB", _length(rows[name]) > MAX_TEXT_BYTES) for name in _TEXTS]
    return found


def _empty(column: pa.Array) -> Mask:
    empty: Mask = _length(column) == 0
    return empty


def _length(column: pa.Array) -> npt.NDArray[np.int64]:
    return _values(pc.binary_length(column))


def _given(column: pa.Array) -> Mask:
    valid: Mask = np.asarray(column.is_valid())
    return valid


def _values(column: pa.Array) -> npt.NDArray[np.int64]:
    """Values as int64, 0 for null."""
    return np.asarray(pc.fill_null(column, 0)).astype(np.int64, copy=False)


def narrowed(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Wide columns in the types of the table; free choices of the client that do not fit become null."""
    columns = []
    for field in SCHEMA:
        column = rows[field.name]
        if field.name in _NARROW:
            fits = pc.and_(pc.less_equal(column, _LARGEST), pc.greater_equal(column, -_LARGEST))
            column = pc.if_else(fits, column, None)
        columns.append(column.cast(field.type))
    return pa.record_batch(columns, schema=SCHEMA)
