"""Partials of a replay: each slice of time is read and sketched once, and added when its time has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.app import stages
from stillwatch.ingest.coverage import Coverage
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.wording import WordSets, one_after_another
from stillwatch.signals.tables.sketch import Sketcher
from stillwatch.signals.tables.wordings import words_of
from stillwatch.store.dataset import Dataset
from stillwatch.store.duck import DuckTables

Ints = NDArray[np.int64]


@dataclass
class Slice:
    """What one slice of time holds: files of keys, reasoning blocks and words, accounts seen, columns present."""

    end: datetime
    rows: int = 0
    keys: list[Path] = field(default_factory=list)
    reasoning: list[Path] = field(default_factory=list)
    words: list[tuple[Path, Path]] = field(default_factory=list)
    names: stages.Names = field(default_factory=lambda: stages.Names(set(), Coverage()))


def cut(
    data: Dataset, key: HashKey, folder: Path, *, every: timedelta, done: Callable[[int], None]
) -> list[Slice]:
    """Sketch a dataset slice by slice into `folder`; slices in order of time, those without an exchange too.

    A partial depends on the exchanges of its slice alone, so slices add up to what a sketch of the whole gives. The log
    is read in one pass; its order matters only where texts are the same but for digits.
    """
    first = _first(data)
    if first is None:
        return []
    sketcher = stages.sketcher(data, key)
    slices: list[Slice] = []
    for batch in data.batches("exchanges"):
        at = (pc.subtract(batch.column("ts"), pa.scalar(first, batch.column("ts").type))).cast(pa.int64())
        number = np.asarray(at, np.int64) // (every // timedelta(microseconds=1))
        while number.max() >= len(slices):
            slices.append(Slice(first + every * (len(slices) + 1)))
        for n in np.unique(number).tolist():
            part = batch.filter(pa.array(number == n)) if (number != n).any() else batch
            _add(slices[n], n, part, sketcher, folder)
        done(batch.num_rows)
    return slices


def _first(data: Dataset) -> datetime | None:
    """The hour of the first exchange."""
    firsts = [pc.min(b.column("ts")).as_py() for b in data.batches("exchanges", columns=["ts"])]
    found: datetime | None = min(firsts, default=None)
    return found and found.replace(minute=0, second=0, microsecond=0)


def _add(held: Slice, number: int, rows: pa.RecordBatch, sketcher: Sketcher, folder: Path) -> None:
    """Sketch rows of one slice and keep the result beside what the slice has."""
    keys, reasoning = sketcher.batch(rows, held.rows)
    sets = words_of(rows)
    for _ in held.names.watch(iter((rows,))):
        pass
    stem = f"{number:05d}-{len(held.keys):04d}"
    paths = [
        folder / f"{stem}-{what}" for what in ("keys.parquet", "starts.npy", "words.npy", "blocks.parquet")
    ]
    pq.write_table(pa.Table.from_batches([keys]), paths[0])
    np.save(paths[1], sets.starts)
    np.save(paths[2], sets.words)
    held.keys.append(paths[0])
    held.words.append((paths[1], paths[2]))
    if reasoning.num_rows:
        pq.write_table(pa.Table.from_batches([reasoning]), paths[3])
        held.reasoning.append(paths[3])
    held.rows += rows.num_rows


class Loaded:
    """The slices that were added to an engine so far: tables `sketched` and `blocks`, words, names, coverage."""

    def __init__(self, t: DuckTables) -> None:
        self._t = t
        self._parts: list[tuple[int, WordSets]] = []
        self.rows = 0
        self.names = stages.Names(set(), Coverage())

    def add(self, part: Slice) -> None:
        """Add the next slice."""
        first = self.rows
        for path in part.keys:
            keys = pq.read_table(path)
            at = keys.schema.get_field_index("row")
            self._t.append(
                "sketched", keys.set_column(at, "row", pc.add(keys["row"], pa.scalar(first, pa.int64())))
            )
        for path in part.reasoning:
            self._t.append("blocks", pq.read_table(path))
        for starts, words in part.words:
            self._parts.append((self.rows, WordSets(np.load(starts), np.load(words, mmap_mode="r"))))
            self.rows += len(self._parts[-1][1].starts) - 1
        self.names.seen.update(part.names.seen)
        self.names.coverage.join(part.names.coverage)

    def at(self, rows: Ints) -> WordSets:
        """Words of the exchanges at these sorted positions."""
        parts = []
        for first, sets in self._parts:
            low, high = np.searchsorted(rows, [first, first + len(sets.starts) - 1])
            if high > low:
                parts.append(sets.take(rows[low:high] - first))
        return one_after_another(parts)

    def every(self) -> Iterator[WordSets]:
        """Words of all exchanges, in order of position."""
        return (WordSets(sets.starts, np.asarray(sets.words)) for _, sets in self._parts)
