"""A scan's exchanges read, sketched and searched by the executors of Spark, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.app.stages import ROWS, Names
from stillwatch.ingest.coverage import FIELDS, flags_of
from stillwatch.model.between_tables import KEYS, REASONING
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.kernels.wording import WordSets
from stillwatch.model.schemas import plain
from stillwatch.signals.tables.keys import drop_duplicates
from stillwatch.signals.tables.sketch import Sketcher
from stillwatch.signals.tables.wordings import TEXTS, Fitter, words_of
from stillwatch.store.dataset import KNOWN_SINCE, Dataset
from stillwatch.store.pieces import Piece
from stillwatch.store.spark.tables import SparkTables

Ints = NDArray[np.int64]
Rows = Iterator[tuple[str, pa.RecordBatch]]

ALL = -1  # in `field_counts`: exchanges, whatever they carry
COUNTED = pa.schema([("rows", pa.int64())])
NAMED = pa.schema([("name", pa.string())])
GIVEN = pa.schema([("field", pa.int64()), ("n", pa.int64())])
WORDS = pa.schema([("row", pa.int64()), ("words", pa.list_(pa.int64()))])
FITS = pa.schema([("row", pa.int64()), ("wording_id", pa.int64())])


@dataclass(frozen=True, slots=True)
class Numbered:
    """A piece of the exchanges, the position of its first one among all, how many it holds; which are wanted."""

    piece: Piece
    first: int
    rows: int
    wanted: Ints | None = None


class SpreadExchanges:
    """The exchanges of a dataset, worked on by executors: filled into tables, their words, some of their rows."""

    def __init__(self, t: SparkTables, data: Dataset, sketcher: Sketcher) -> None:
        self._t, self._data, self._sketcher = t, data, sketcher
        self._pieces: tuple[Numbered, ...] = ()

    def load(self, names: Names, done: Callable[[int], None]) -> int:
        """Fill `keys` and `reasoning`, and the names; returns how many duplicates were dropped."""
        self._pieces = self._numbered()
        t = self._t
        tables = {
            "keys": plain(KEYS.schema),
            "reasoning": plain(REASONING.schema),
            "seen_names": NAMED,
            "field_counts": GIVEN,
        }
        t.spread(tables, self._pieces, Sketching(self._data, self._sketcher))
        names.seen.update(t.query("SELECT DISTINCT name FROM seen_names")["name"].to_pylist())
        counts = t.query("SELECT field, CAST(sum(n) AS BIGINT) AS n FROM field_counts GROUP BY field")
        given = dict(zip(counts["field"].to_pylist(), counts["n"].to_pylist(), strict=True))
        names.coverage.add_counts(
            given.get(ALL, 0), {name: given.get(at, 0) for at, name in enumerate(FIELDS)}
        )
        t.drop("seen_names")
        t.drop("field_counts")
        done(sum(p.rows for p in self._pieces))
        return drop_duplicates(t)

    def at(self, rows: Ints) -> WordSets:
        """Words of the exchanges at these sorted positions."""
        found = self._t.gather(WORDS, self._holding(rows), Wording(self._data))
        lists = found["words"].combine_chunks() if found.num_rows else pa.array([], WORDS.field("words").type)
        starts = np.asarray(lists.offsets, np.int64)
        values = np.asarray(lists.values, np.int64)[starts[0] : starts[-1]]
        return WordSets(starts - starts[0], values.view(np.uint64))

    def every(self) -> Iterator[WordSets]:
        """Words of all exchanges, read here one piece after the other."""
        for part in self._pieces:
            for batch in self._data.batches("exchanges", columns=TEXTS, rows=ROWS, piece=part.piece):
                yield words_of(batch)

    def fits(self, name: str, fitter: Fitter) -> None:
        """Fill a table (row, wording_id) with the exchanges that fit."""
        self._t.spread({name: FITS}, self._pieces, Fitting(self._data, fitter, name))

    def rows_at(self, at: Ints, *, columns: Sequence[str]) -> pa.Table:
        """The exchanges at the sorted positions `at`, in their order."""
        wanted = pa.schema([pa.field(c.name, c.type) for c in EXCHANGES.columns if c.name in columns])
        return self._t.gather(wanted, self._holding(at), Picking(self._data, tuple(columns)))

    def _numbered(self) -> tuple[Numbered, ...]:
        """The pieces and the position of each one's first exchange, counted by the executors."""
        pieces = self._data.pieces("exchanges")
        counted = self._t.gather(COUNTED, pieces, Counting(self._data))["rows"].to_pylist()
        firsts = np.cumsum([0, *counted])[:-1].tolist()
        return tuple(Numbered(*part) for part in zip(pieces, firsts, counted, strict=True) if part[2])

    def _holding(self, rows: Ints) -> tuple[Numbered, ...]:
        """The pieces that hold some of these sorted positions, with the places of these in the piece."""
        found = []
        for part in self._pieces:
            low, high = np.searchsorted(rows, [part.first, part.first + part.rows])
            if high > low:
                found.append(Numbered(part.piece, part.first, part.rows, rows[low:high] - part.first))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Counting:
    """How many known exchanges a piece holds."""

    data: Dataset

    def __call__(self, piece: Piece) -> Rows:
        """One row."""
        batches = self.data.batches("exchanges", columns=[KNOWN_SINCE["exchanges"]], piece=piece)
        yield "gathered", pa.RecordBatch.from_pydict({"rows": [sum(b.num_rows for b in batches)]}, COUNTED)


@dataclass(frozen=True, slots=True)
class Sketching:
    """The sketch of a piece: keys, reasoning blocks, names of accounts, fields counted."""

    data: Dataset
    sketcher: Sketcher

    def __call__(self, part: Numbered) -> Rows:
        """Rows of the four tables."""
        row = part.first
        for batch in self.data.batches("exchanges", rows=ROWS, piece=part.piece):
            keys, blocks = self.sketcher.batch(batch, row)
            row += batch.num_rows
            yield "keys", keys
            if blocks.num_rows:
                yield "reasoning", blocks
            ids = batch.column("account_id").unique().cast(pa.string())
            yield "seen_names", pa.RecordBatch.from_arrays([ids], schema=NAMED)
            flags = flags_of(batch)
            given = [len(flags), *(int(np.count_nonzero(flags >> at & 1)) for at in range(len(FIELDS)))]
            fields = np.arange(ALL, len(FIELDS))
            yield (
                "field_counts",
                pa.RecordBatch.from_arrays([pa.array(fields), pa.array(given)], schema=GIVEN),
            )


@dataclass(frozen=True, slots=True)
class Picking:
    """Wanted rows of a piece."""

    data: Dataset
    columns: tuple[str, ...]

    def __call__(self, part: Numbered) -> Rows:
        """The rows, in their order."""
        for _, batch in _wanted(self.data, part, self.columns):
            yield "gathered", batch


@dataclass(frozen=True, slots=True)
class Wording:
    """Words of wanted rows of a piece."""

    data: Dataset

    def __call__(self, part: Numbered) -> Rows:
        """Position and words of each row."""
        for at, batch in _wanted(self.data, part, TEXTS):
            sets = words_of(batch)
            words = pa.ListArray.from_arrays(
                pa.array(sets.starts.astype(np.int32)), pa.array(sets.words.view(np.int64))
            )
            yield "gathered", pa.RecordBatch.from_arrays([pa.array(part.first + at), words], schema=WORDS)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Exchanges of a piece that fit a wording."""

    data: Dataset
    fitter: Fitter
    name: str

    def __call__(self, part: Numbered) -> Rows:
        """Position and wording of each that fits."""
        first = part.first
        for batch in self.data.batches("exchanges", columns=TEXTS, rows=ROWS, piece=part.piece):
            text, wording = self.fitter.pairs(words_of(batch))
            yield (
                self.name,
                pa.RecordBatch.from_arrays([pa.array(text + first), pa.array(wording)], schema=FITS),
            )
            first += batch.num_rows


def _wanted(data: Dataset, part: Numbered, columns: Sequence[str]) -> Iterator[tuple[Ints, pa.RecordBatch]]:
    """Wanted places in the piece and their rows, batch by batch."""
    wanted = part.wanted if part.wanted is not None else np.arange(part.rows)
    first = 0
    for batch in data.batches("exchanges", columns=columns, rows=ROWS, piece=part.piece):
        low, high = np.searchsorted(wanted, [first, first + batch.num_rows])
        if high > low:
            yield wanted[low:high], batch.take(pa.array(wanted[low:high] - first))
        first += batch.num_rows
        if high == len(wanted):
            return
