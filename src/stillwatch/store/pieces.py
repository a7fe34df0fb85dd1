"""Pieces of a table: some row groups of one file, which are read by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from numpy.typing import NDArray

from stillwatch.store.parts import Part

PIECE_ROWS = 131_072  # row groups smaller than this are read several at a time


@dataclass(frozen=True, slots=True)
class Piece:
    """Some row groups of one file, and how many rows they hold: what is read by itself."""

    part: Part
    groups: tuple[int, ...]
    rows: int


def grouped(part: Part, file: ds.Dataset) -> Iterator[Piece]:
    """Pieces of a file: so many row groups together as make up one."""
    (fragment,) = file.get_fragments()
    groups: list[int] = []
    held = 0
    for group in fragment.row_groups:
        if groups and held + group.num_rows > PIECE_ROWS:
            yield Piece(part, tuple(groups), held)
            groups, held = [], 0
        groups.append(group.id)
        held += group.num_rows
    if groups:
        yield Piece(part, tuple(groups), held)


def subset(file: ds.Dataset, groups: Sequence[int]) -> ds.Dataset:
    """Row groups of a file as a data set of their own."""
    (fragment,) = file.get_fragments()
    some = fragment.subset(row_group_ids=list(groups))
    return ds.FileSystemDataset([some], file.schema, file.format, file.filesystem)


def taken(batches: Iterable[pa.RecordBatch], at: NDArray[np.int64], first: int) -> Iterator[pa.RecordBatch]:
    """Of batches that follow each other from position `first` on, the rows at the sorted positions `at`."""
    for batch in batches:
        low, high = np.searchsorted(at, [first, first + batch.num_rows])
        if high > low:
            yield batch.take(pa.array(at[low:high] - first))
        first += batch.num_rows
        if len(at) <= np.searchsorted(at, first):
            break


def any_in(at: NDArray[np.int64], first: int, many: int) -> bool:
    """Whether any of the sorted positions is among `many` from `first` on."""
    low, high = np.searchsorted(at, [first, first + many])
    return bool(high > low)
