"""What is sketched of exchanges as they come in, and how a look loads it: no text, words under the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.app import stages
from stillwatch.ingest.coverage import flags_of
from stillwatch.model.between_tables import KEYS, REASONING
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.masking import masked, unmasked
from stillwatch.model.kernels.wording import WordSets, one_after_another
from stillwatch.model.schemas import plain
from stillwatch.signals.tables.keys import drop_duplicates
from stillwatch.signals.tables.sketch import Sketcher
from stillwatch.signals.tables.wordings import TEXTS, words_of
from stillwatch.store.dataset import Dataset
from stillwatch.store.duck import DuckTables
from stillwatch.store.segments import Segment

Ints = NDArray[np.int64]

ROWS, SKETCHED, WORDS, BLOCKS, REJECTED = (
    "exchanges.parquet", "keys.parquet", "words.arrow", "blocks.parquet", "rejects.parquet",
)  # fmt: skip
DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DROPPED = (*TEXTS, "response_text")


def partials(
    rows: pa.RecordBatch, sketcher: Sketcher, key: HashKey, *, keep_text: bool
) -> Mapping[str, Mapping[str, pa.Table]]:
    """Tables by day and file name for exchanges of any days; they depend on these exchanges alone."""
    made = sketched(rows, sketcher, key)
    blocks = made.pop(BLOCKS, None)
    tables = {ROWS: pa.Table.from_batches([rows if keep_text else _without_text(rows)]), **made}
    numbers = _days(rows.column("ts"))
    return {
        day_name(n): {
            **{name: _of(table, numbers, n) for name, table in tables.items()},
            **_blocks_of(blocks, n),
        }
        for n in np.unique(numbers).tolist()
    }


def sketched(rows: pa.RecordBatch, sketcher: Sketcher, key: HashKey) -> dict[str, pa.Table]:
    """What is kept of exchanges for later scans, by file name; no text, words under the key."""
    found, blocks = sketcher.batch(rows, 0)
    sets = words_of(rows)
    given = found.append_column("given", pa.array(flags_of(rows)))
    words = pa.LargeListArray.from_arrays(sets.starts, pa.array(masked(sets.words, key), pa.uint64()))
    tables = {
        SKETCHED: pa.Table.from_batches([given]).drop_columns(["row"]),
        WORDS: pa.table({"words": words}),
    }
    return tables | ({BLOCKS: pa.Table.from_batches([blocks])} if blocks.num_rows else {})


def day_name(number: int) -> str:
    """The name of a day, counted since 1970."""
    return f"{_EPOCH + timedelta(days=number):%Y-%m-%d}"


def _days(ts: pa.Array) -> Ints:
    return np.asarray(ts.cast(pa.int64()), np.int64) // DAY_US


def _of(table: pa.Table, numbers: Ints, number: int) -> pa.Table:
    own = numbers == number
    return table if own.all() else table.filter(pa.array(own))


def _blocks_of(blocks: pa.Table | None, number: int) -> Mapping[str, pa.Table]:
    if blocks is None:
        return {}
    own = _of(blocks, _days(blocks.column("ts")), number)
    return {BLOCKS: own} if own.num_rows else {}


def _without_text(rows: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        pa.nulls(len(rows), f.type) if f.name in _DROPPED else rows.column(f.name) for f in EXCHANGES.schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)


class SegmentPartials:
    """The partials of some segments, in order; exchanges from `before` on do not exist. `data` holds them as rows."""

    def __init__(
        self, segments: Sequence[Segment], data: Dataset, key: HashKey, before: datetime | None
    ) -> None:
        self._segments = [s for s in segments if (s.path / SKETCHED).exists()]
        self._data, self._key, self._before = data, key, before
        self._kept: list[tuple[int, Segment, Ints | None, int]] = []

    def load(self, t: DuckTables, names: stages.Names, done: Callable[[int], None]) -> int:
        """Fill `keys` and `reasoning`, and the names; returns how many duplicates were dropped."""
        t.put("keys", plain(KEYS.schema).empty_table())
        t.put("reasoning", stages.no_reasoning())
        first = 0
        for segment in self._segments:
            rows = segment.read(SKETCHED)
            assert rows is not None  # noqa: S101 - segments without it were left out
            rows, kept = self._known(rows)
            names.coverage.add_flags(np.asarray(rows["given"], np.int64))
            numbered = rows.append_column("row", pa.array(np.arange(first, first + rows.num_rows)))
            t.append("keys", numbered.select(KEYS.schema.names))
            blocks = segment.read(BLOCKS)
            if blocks is not None:
                t.append("reasoning", self._known(blocks)[0].select(REASONING.schema.names))
            self._kept.append((first, segment, kept, rows.num_rows))
            first += rows.num_rows
            done(rows.num_rows)
        for batch in self._data.batches("exchanges", columns=["account_id"]):
            names.seen.update(batch.column("account_id").unique().to_pylist())
        return drop_duplicates(t)

    @property
    def words(self) -> stages.Words:
        """The words of the exchanges."""
        return self

    def at(self, rows: Ints) -> WordSets:
        """Words of the exchanges at these sorted positions."""
        parts = []
        for first, segment, kept, n in self._numbered():
            low, high = np.searchsorted(rows, [first, first + n])
            if high > low:
                place = rows[low:high] - first
                parts.append(self._words(segment, place if kept is None else kept[place]))
        return one_after_another(parts)

    def every(self) -> Iterator[WordSets]:
        """Words of all exchanges, in order of position."""
        return (self._words(segment, kept) for _, segment, kept, _ in self._numbered())

    def _numbered(self) -> list[tuple[int, Segment, Ints | None, int]]:
        """Position of the first exchange of each segment, the places of known ones where that is not all, how many
        there are; counted anew where an earlier scan has loaded them."""
        first = 0
        for segment in () if self._kept else self._segments:
            rows = segment.read(SKETCHED, columns=["ts"])
            assert rows is not None  # noqa: S101 - segments without it were left out
            rows, kept = self._known(rows)
            self._kept.append((first, segment, kept, rows.num_rows))
            first += rows.num_rows
        return self._kept

    def _known(self, rows: pa.Table) -> tuple[pa.Table, Ints | None]:
        """Rows before the limit, and their places where that is not all."""
        if self._before is None:
            return rows, None
        known = pc.less(rows["ts"], pa.scalar(self._before, rows.schema.field("ts").type))
        kept = np.flatnonzero(np.asarray(known))
        return (rows, None) if len(kept) == rows.num_rows else (rows.take(pa.array(kept)), kept)

    def _words(self, segment: Segment, at: Ints | None) -> WordSets:
        table = segment.read(WORDS)
        assert table is not None  # noqa: S101 - written together with the sketch
        parts = []
        for chunk in table["words"].chunks:
            starts = np.asarray(chunk.offsets, np.int64)
            words = np.asarray(chunk.values, np.uint64)[starts[0] : starts[-1]]
            parts.append(WordSets(starts - starts[0], words))
        sets = one_after_another(parts)
        found = sets if at is None else sets.take(at)
        return WordSets(found.starts, unmasked(found.words, self._key))


def merged(segments: Sequence[Segment]) -> Mapping[str, pa.Table]:
    """What several segments hold, by file name, in their order."""
    tables: dict[str, pa.Table] = {}
    for name in (ROWS, SKETCHED, WORDS, BLOCKS, REJECTED):
        parts = [found for s in segments if (found := s.read(name)) is not None]
        if parts:
            tables[name] = pa.concat_tables(parts).combine_chunks()
    return tables


def link_exchanges(segments: Sequence[Segment], folder: Path) -> Path:
    """A dataset folder with the exchanges and rejects of these segments as they are now, in their order."""
    for table, name in (("exchanges", ROWS), ("rejects", REJECTED)):
        held = [s for s in segments if (s.path / name).exists()]
        if held or table == "exchanges":
            (folder / table).mkdir(parents=True)
        for n, segment in enumerate(held):
            (folder / table / f"{n:08d}.parquet").hardlink_to(segment.path / name)
    return folder
