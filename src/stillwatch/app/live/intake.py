"""From deliveries to durable segments: checked, counted, sketched, and only then acknowledged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.app.live.counts import KEPT, Counts
from stillwatch.app.live.partials import DAY_US, REJECTED, SKETCHED, day_name, partials
from stillwatch.ingest.check import check
from stillwatch.ingest.live.delivery import Delivery
from stillwatch.ingest.logs import TOLERANCE
from stillwatch.ingest.rows import Reject
from stillwatch.ingest.seen import Recent
from stillwatch.model.input_tables import EXCHANGES, REJECTS
from stillwatch.model.kernels.hashing import HashKey, keyed_strings, mix
from stillwatch.signals.tables.sketch import Sketcher
from stillwatch.store.segments import Segments

Ints = NDArray[np.int64]
VERSION = 1
_SKETCH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """A step is made durable after so many rows, bytes or seconds. `retain_days` before the newest are kept. Of the
    last `recent_ids` records it is known at once when they come again."""

    rows: int = 65_536
    bytes: int = 128 * 1024 * 1024
    seconds: float = 1.0
    retain_days: int = 35
    recent_ids: int = 8_000_000
    keep_text: bool = True


class Intake:
    """Takes deliveries in and makes them durable step by step."""

    def __init__(
        self, segments: Segments, sketcher: Sketcher, key: HashKey, settings: IntakeSettings, counts: Counts
    ) -> None:
        self._segments, self._sketcher, self._key = segments, sketcher, key
        self._settings, self._counts = settings, counts
        record = segments.record
        self.positions: dict[str, Any] = dict(record.get("positions", {}))
        self.first: int | None = record.get("first")
        self.newest: int | None = record.get("newest")
        for name in KEPT:
            setattr(counts, name, record.get("counts", {}).get(name, 0))
        self._recent = self._remembered()
        self._held: list[pa.RecordBatch] = []
        self._rejects: list[tuple[str, Reject]] = []
        self._waiting: list[Callable[[], None]] = []
        self._since = 0.0
        self._size = 0

    @property
    def oldest_day(self) -> int:
        """The first day that is kept, counted since 1970."""
        return -(1 << 31) if self.newest is None else self.newest // DAY_US - self._settings.retain_days

    def take(self, delivery: Delivery, *, closed: int | None) -> None:
        """Check the records; `closed` is the event time (µs) up to which was looked."""
        if not self._waiting:
            self._since = time.monotonic()
        latest = int((datetime.now(UTC) + TOLERANCE).timestamp() * 1e6)
        for batch in delivery.batches:
            checked = check(batch, seen=None, latest=latest)
            self._rejects += [(delivery.origin, reject) for reject in checked.rejects]
            rows = self._kept(self._fresh(checked.exchanges))
            if rows.num_rows:
                ts = np.asarray(rows.column("ts").cast(pa.int64()), np.int64)
                if closed is not None:
                    self._counts.late += int(np.count_nonzero(ts < closed))
                self.first = min(int(ts.min()), int(ts.min()) if self.first is None else self.first)
                self.newest = max(int(ts.max()), self.newest or 0)
                self._held.append(rows)
                self._size += rows.nbytes
                self._counts.pending += rows.num_rows
        self.positions |= delivery.positions
        self._waiting.append(delivery.done)

    @property
    def waiting(self) -> bool:
        """Whether something was taken in and is not durable yet."""
        return bool(self._waiting)

    def due(self) -> bool:
        """Whether what was taken in should be made durable now."""
        waited = bool(self._waiting) and time.monotonic() - self._since >= self._settings.seconds
        s = self._settings
        return waited or self._counts.pending >= s.rows or self._size >= s.bytes

    def commit(self) -> int:
        """Make everything durable, then tell those who wait for it; returns the number of exchanges."""
        if not self._waiting:
            return 0
        n = self._counts.pending
        days = self._tables()
        self._counts.exchanges += n
        self._counts.rejects += len(self._rejects)
        record = {
            "version": VERSION,
            "positions": self.positions,
            "first": self.first,
            "newest": self.newest,
            "counts": {name: getattr(self._counts, name) for name in KEPT},
        }
        self._segments.commit(days, record)
        self._counts.commits += 1
        self._counts.pending = self._size = 0
        waiting, self._waiting, self._held, self._rejects = self._waiting, [], [], []
        for done in waiting:
            done()
        return n

    def _fresh(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Without records that came before: the same id, account and time."""
        if not rows.num_rows:
            return rows
        ids, accounts = (
            keyed_strings(rows.column(name), self._key) for name in ("exchange_id", "account_id")
        )
        ts = np.asarray(rows.column("ts").cast(pa.int64()), np.int64)
        fresh = self._recent.add(_identity(ids, accounts, ts))
        if fresh.all():
            return rows
        self._counts.duplicates += int(np.count_nonzero(~fresh))
        return rows.filter(pa.array(fresh))

    def _kept(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Without exchanges of days that are not kept any more."""
        oldest = self.oldest_day * DAY_US
        old = np.asarray(rows.column("ts").cast(pa.int64()), np.int64) < oldest
        if not old.any():
            return rows
        self._counts.expired += int(np.count_nonzero(old))
        return rows.filter(pa.array(~old))

    def _tables(self) -> Mapping[str, Mapping[str, pa.Table]]:
        days: dict[str, dict[str, list[pa.Table]]] = {}
        if self._held:
            whole = pa.Table.from_batches(self._held, _plain()).combine_chunks()
            for batch in whole.to_batches(max_chunksize=_SKETCH_ROWS):
                own = partials(batch, self._sketcher, self._key, keep_text=self._settings.keep_text)
                for day, tables in own.items():
                    for name, table in tables.items():
                        days.setdefault(day, {}).setdefault(name, []).append(table)
        if self._rejects:
            today = day_name((datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(days=1))
            days.setdefault(today, {})[REJECTED] = [_reject_rows(self._rejects)]
        return {day: {name: pa.concat_tables(p) for name, p in t.items()} for day, t in days.items()}

    def _remembered(self) -> Recent:
        """The records that were made durable last."""
        recent = Recent(self._settings.recent_ids)
        left = self._settings.recent_ids // 2
        last: list[Ints] = []
        for segment in sorted(self._segments.segments(), key=lambda s: -s.last):
            rows = segment.read(SKETCHED)
            if rows is None:
                continue
            ids, accounts, ts = (
                np.asarray(rows[name].cast(pa.int64()), np.int64)
                for name in ("exchange_id", "account_id", "ts")
            )
            last.append(_identity(ids, accounts, ts))
            left -= rows.num_rows
            if left <= 0:
                break
        for part in reversed(last):
            recent.add(part)
        return recent


def _identity(exchange: Ints, account: Ints, ts: Ints) -> Ints:
    found = mix(mix(exchange, account), ts)
    return np.where(found == 0, 1, found)


def _plain() -> pa.Schema:
    """The schema of `exchanges` as `check` leaves it."""
    return EXCHANGES.schema


def _reject_rows(rejects: list[tuple[str, Reject]]) -> pa.Table:
    columns = (
        [r.file or origin for origin, r in rejects],
        [r.line for _, r in rejects],
        [r.reason for _, r in rejects],
        [r.digest for _, r in rejects],
    )
    arrays = [pa.array(values, f.type) for values, f in zip(columns, REJECTS.schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=REJECTS.schema)
