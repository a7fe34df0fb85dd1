"""A dataset folder, here or in a cloud store: a Parquet file, or a folder of them, per table; read in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from numpy.typing import NDArray

from stillwatch.model.ahead import ahead
from stillwatch.model.errors import InputError
from stillwatch.model.places import Files, scheme
from stillwatch.model.schemas import plain
from stillwatch.model.tables import TABLES
from stillwatch.store.conform import check, conform, known_before, with_named
from stillwatch.store.parts import (
    CloudFolder,
    Part,
    cloud_folder,
    footer_of,
    local_parts,
    open_local,
    unreadable,
)
from stillwatch.store.pieces import Piece, any_in, grouped, subset, taken

BATCH_ROWS = 65_536
KNOWN_SINCE: Mapping[str, str] = MappingProxyType(
    {
        "exchanges": "ts",
        "accounts": "created_at",
        "instruments": "added_at",
        "releases": "released_at",
        "enforcement": "at",
    }
)  # table: the column that says when a row became known; rows without a time were always known
FEW_ROWS = 16_384  # read at a time where several threads do


@dataclass(frozen=True, slots=True)
class Dataset:
    """Input tables in a folder; tables that are not there read as empty ones.

    Parts of one table may differ in which optional columns they hold, and in types that convert. Columns named in
    `hidden` read as if no file held them. With `before`, only what was known before that time is read: exchanges,
    accounts, bans and releases that came later do not exist. What the folder does not hold is looked for in the folder
    `beside`, exchanges excepted. A dataset in a store has it as `cloud`. Columns that no file holds but the names of
    folders do (`exchanges/model=m-1/…`) are read from there.
    """

    folder: Path
    hidden: frozenset[str] = frozenset()
    before: datetime | None = None
    beside: Path | None = None
    cloud: CloudFolder | None = None

    @property
    def place(self) -> str:
        """Path or address of the folder."""
        return str(self.folder) if self.cloud is None else self.cloud.address

    def has(self, name: str) -> bool:
        """Whether the folder holds the table."""
        return bool(self._in_cloud(name)) or self._path(name) is not None

    def files(self, name: str) -> list[Path]:
        """The Parquet files of a table on this machine, sorted; of a Delta or Iceberg table those it has now."""
        return [Path(part.found.address) for part in self._local(name)]

    def parts(self, name: str) -> list[Part]:
        """The files of a table as they were listed, in the order in which they are read."""
        return list(self._in_cloud(name)) or self._local(name)

    def present(self, name: str) -> tuple[str, ...]:
        """Columns of the table's schema that any of its files holds."""
        opened = self._open(name)
        held = {c for part, file in opened for c in (*file.schema.names, *part.named)} - self.hidden
        return tuple(c.name for c in TABLES[name].columns if c.name in held)

    def rows(self, name: str) -> int:
        """Number of rows."""
        if self.before is not None and name in KNOWN_SINCE:
            return sum(b.num_rows for b in self.batches(name, columns=[KNOWN_SINCE[name]]))
        return sum(file.count_rows() for _, file in self._open(name))

    def read(self, name: str) -> pa.Table:
        """The whole table, in its schema; for small tables."""
        schema = plain(TABLES[name].schema)
        return pa.Table.from_batches(self.batches(name), schema=schema)

    def pieces(self, name: str) -> list[Piece]:
        """The table in pieces, in the order in which `batches` reads them."""
        return [piece for part, file in self._open(name) for piece in grouped(part, file)]

    def batches(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        rows: int = BATCH_ROWS,
        piece: Piece | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """The table as a stream of batches in its schema (or the named columns of it), file by file; or a piece of it.

        Raises `SchemaError` if a required column is missing, null or of another type, `InputError` if a file
        is damaged or cannot be had.
        """
        opened = self._open(name) if piece is None else [(piece.part, self._opened_piece(name, piece))]
        for part, file in opened:
            yield from self._batches(name, part, file, columns, rows)

    def batches_of(self, name: str, part: Part, *, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Batches of one file of a table, as `batches` gives them."""
        yield from self._batches(name, part, self._opened(name, part), None, rows)

    def footer(self, part: Part) -> bytes:
        """The metadata at the end of a file; it holds the extremes of every column. Raises as `batches` does."""
        try:
            if self._is_here(part) or self.cloud is None:
                with pa.OSFile(part.found.address) as file:
                    return footer_of(file)
            with self.cloud.files.open(part.found) as file:
                return footer_of(file)
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(part, error) from error

    def _batches(
        self, name: str, part: Part, file: ds.Dataset, columns: Sequence[str] | None, rows: int
    ) -> Iterator[pa.RecordBatch]:
        table = TABLES[name]
        since = KNOWN_SINCE.get(name) if self.before is not None else None
        asked = [c.name for c in table.columns if columns is None or c.name in columns]
        wanted = [c.name for c in table.columns if c.name in asked or c.name == since]
        held = [c for c in wanted if c in file.schema.names and c not in self.hidden]
        named = {c: v for c, v in part.named.items() if c in wanted and c not in (*held, *self.hidden)}
        try:
            scanner = file.scanner(columns=held, batch_size=rows, **_streamed(far=not self._is_here(part)))
            for batch in scanner.to_batches():
                full = with_named(batch, named) if named and batch.num_rows else batch
                known = conform(full, table, wanted, part.found.address) if batch.num_rows else batch
                if since is not None and known.num_rows:
                    known = known_before(known, since, self.before).select(asked)
                if known.num_rows:
                    yield known
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(part, error) from error

    def rows_at(
        self, name: str, at: NDArray[np.int64], *, columns: Sequence[str], threads: int = 1
    ) -> pa.Table:
        """The rows at the sorted positions `at`, in their order; pieces without any of them are not read.

        Raises as `batches` does.
        """
        wanted = pa.schema([pa.field(c.name, c.type) for c in TABLES[name].columns if c.name in columns])
        found = self.batches_at(name, at, columns=columns, threads=threads)
        return pa.Table.from_batches(found, schema=wanted)

    def batches_at(
        self, name: str, at: NDArray[np.int64], *, columns: Sequence[str], threads: int = 1
    ) -> Iterator[pa.RecordBatch]:
        """The rows of `rows_at`, as a stream of batches, of which each of the `threads` reads some ahead."""
        if self.before is not None:  # what was not known yet has no position
            yield from taken(self.batches(name, columns=columns), at, 0)
            return

        def read(one: tuple[Piece, ds.Dataset, int]) -> list[pa.RecordBatch]:
            piece, file, first = one
            try:
                some = subset(file, piece.groups)
            except (pa.ArrowException, OSError) as error:
                raise self._unreadable(piece.part, error) from error
            return list(taken(self._batches(name, piece.part, some, columns, FEW_ROWS), at, first))

        wanted = self._pieces_at(name, at) if len(at) else ()
        for batches in ahead(read, wanted, threads=threads):
            yield from batches

    def _pieces_at(self, name: str, at: NDArray[np.int64]) -> Iterator[tuple[Piece, ds.Dataset, int]]:
        """Pieces with any of the sorted positions, with their file and the position of their first row."""
        first = 0
        for part, file in self._open(name):
            for piece in grouped(part, file):
                if any_in(at, first, piece.rows):
                    yield piece, file, first
                first += piece.rows

    def _path(self, name: str) -> Path | None:
        folders = (self.folder,) if name == "exchanges" or self.beside is None else (self.folder, self.beside)
        for folder in folders:
            for path in (folder / f"{name}.parquet", folder / name):
                if path.exists():
                    return path
        return None

    def _local(self, name: str) -> list[Part]:
        return local_parts(self._path(name), TABLES[name].schema.names)

    def _in_cloud(self, name: str) -> tuple[Part, ...]:
        return self.cloud.tables.get(name, ()) if self.cloud is not None else ()

    def _open(self, name: str) -> list[tuple[Part, ds.Dataset]]:
        """Each file of a table, opened and its columns checked."""
        parts = self.parts(name)
        if not parts and self.has(name):
            raise InputError(
                "the folder holds no Parquet file", where=str(self._path(name)), remedy="Run ingest again"
            )
        return [(part, self._opened(name, part)) for part in parts]

    def _opened(self, name: str, part: Part) -> ds.Dataset:
        file = open_local(part) if self._is_here(part) or self.cloud is None else self.cloud.open(part)
        check(file.schema, part, TABLES[name])
        return file

    def _opened_piece(self, name: str, piece: Piece) -> ds.Dataset:
        """The row groups of a piece as a data set of their own."""
        try:
            return subset(self._opened(name, piece.part), piece.groups)
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(piece.part, error) from error

    def _unreadable(self, part: Part, error: Exception) -> Exception:
        if self._is_here(part) or self.cloud is None:
            return unreadable(part, error)
        return self.cloud.explained(part, error)

    def _is_here(self, part: Part) -> bool:
        """Whether a file lies on this machine, as all of a dataset do that is in no store."""
        return self.cloud is None or not scheme(part.found.address)


def open_dataset(place: Path | str, files: Files | None = None) -> Dataset:
    """A dataset folder that holds at least `exchanges`; an address of a cloud store is looked for in `files`.

    Raises `InputError` if the folder or its exchanges are missing or cannot be read.
    """
    if files is not None and scheme(str(place)):
        dataset = Dataset(Path(str(place)), cloud=cloud_folder(str(place), files))
        return _demand_exchanges(dataset, str(place))
    folder = Path(place)
    if not folder.exists():
        raise InputError("no such folder", where=str(folder), remedy="Check the path")
    if not folder.is_dir():
        raise InputError(
            "is a file, not a dataset folder",
            where=str(folder),
            remedy=f"Make one with `stillwatch ingest {folder} --out DIR`, then scan DIR",
        )
    return _demand_exchanges(Dataset(folder), str(folder))


def _demand_exchanges(dataset: Dataset, where: str) -> Dataset:
    if not dataset.has("exchanges"):
        raise InputError(
            "holds no exchanges.parquet",
            where=where,
            remedy=f"Make a dataset with `stillwatch ingest {where} --out DIR`, then scan DIR",
        )
    for name, table in TABLES.items():
        if table.stage == "input":
            dataset.present(name)
    return dataset


def _streamed(*, far: bool) -> dict[str, Any]:
    """How a file is read a row group at a time: with more threads, half a gigabyte of text waits to be asked for. From
    `far` the columns of a row group are asked for together, since each request takes its time."""
    options = ds.ParquetFragmentScanOptions(pre_buffer=far)
    return {
        "use_threads": False,
        "batch_readahead": 1,
        "fragment_readahead": 1,
        "fragment_scan_options": options,
    }
