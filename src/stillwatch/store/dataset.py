"""A dataset folder: a Parquet file, or a folder of them, per table; read as streams of Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from stillwatch.model.errors import InputError, ResourceError, SchemaError
from stillwatch.model.tables import SCHEMA_VERSION, TABLES, Table
from stillwatch.store.lake import lake_files

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


PIECE_ROWS = 131_072  # row groups smaller than this are read several at a time


@dataclass(frozen=True, slots=True)
class Piece:
    """Some row groups of one file: what is read by itself."""

    file: Path
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Input tables in a folder; tables that are not there read as empty ones.

    Parts of one table may differ in which optional columns they hold, and in types that convert. Columns named in
    `hidden` read as if no file held them. With `before`, only what was known before that time is read: exchanges,
    accounts, bans and releases that came later do not exist. What the folder does not hold is looked for in the folder
    `beside`, exchanges excepted.
    """

    folder: Path
    hidden: frozenset[str] = frozenset()
    before: datetime | None = None
    beside: Path | None = None

    def has(self, name: str) -> bool:
        """Whether the folder holds the table."""
        return self._path(name) is not None

    def files(self, name: str) -> list[Path]:
        """The Parquet files of a table, sorted; of a Delta or Iceberg table those of its present state."""
        path = self._path(name)
        if path is None:
            return []
        if not path.is_dir():
            return [path]
        listed = lake_files(path, TABLES[name].schema.names)
        return sorted(path.rglob("*.parquet")) if listed is None else listed

    def present(self, name: str) -> tuple[str, ...]:
        """Columns of the table's schema that any of its files holds."""
        held = {column for _, part in self._open(name) for column in part.schema.names} - self.hidden
        return tuple(c.name for c in TABLES[name].columns if c.name in held)

    def rows(self, name: str) -> int:
        """Number of rows."""
        if self.before is not None and name in KNOWN_SINCE:
            return sum(b.num_rows for b in self.batches(name, columns=[KNOWN_SINCE[name]]))
        return sum(part.count_rows() for _, part in self._open(name))

    def read(self, name: str) -> pa.Table:
        """The whole table, in its schema; for small tables."""
        schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
        return pa.Table.from_batches(self.batches(name), schema=schema)

    def pieces(self, name: str) -> list[Piece]:
        """The table in pieces, in the order in which `batches` reads them."""
        found: list[Piece] = []
        for file, part in self._open(name):
            (fragment,) = part.get_fragments()
            groups: list[int] = []
            held = 0
            for group in fragment.row_groups:
                if groups and held + group.num_rows > PIECE_ROWS:
                    found.append(Piece(file, tuple(groups)))
                    groups, held = [], 0
                groups.append(group.id)
                held += group.num_rows
            if groups:
                found.append(Piece(file, tuple(groups)))
        return found

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
        is damaged.
        """
        table = TABLES[name]
        since = KNOWN_SINCE.get(name) if self.before is not None else None
        asked = [c.name for c in table.columns if columns is None or c.name in columns]
        wanted = [c.name for c in table.columns if c.name in asked or c.name == since]
        for file, part in self._open(name) if piece is None else _opened(piece):
            held = [c for c in wanted if c in part.schema.names and c not in self.hidden]
            try:
                scanner = part.scanner(columns=held, batch_size=rows, **_streamed())
                for batch in scanner.to_batches():
                    known = _conform(batch, table, wanted, str(file)) if batch.num_rows else batch
                    if since is not None and known.num_rows:
                        known = _known_before(known, since, self.before).select(asked)
                    if known.num_rows:
                        yield known
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(file, error) from error

    def rows_at(self, name: str, at: NDArray[np.int64], *, columns: Sequence[str]) -> pa.Table:
        """The rows at the sorted positions `at`, in their order; only as much is read as needed.

        Raises as `batches` does.
        """
        wanted = pa.schema([pa.field(c.name, c.type) for c in TABLES[name].columns if c.name in columns])
        parts, first = [], 0
        for batch in self.batches(name, columns=columns) if len(at) else ():
            low, high = np.searchsorted(at, [first, first + batch.num_rows])
            if high > low:
                parts.append(batch.take(pa.array(at[low:high] - first)))
            first += batch.num_rows
            if high == len(at):
                break
        return pa.Table.from_batches(parts, schema=wanted)

    def _path(self, name: str) -> Path | None:
        folders = (self.folder,) if name == "exchanges" or self.beside is None else (self.folder, self.beside)
        for folder in folders:
            for path in (folder / f"{name}.parquet", folder / name):
                if path.exists():
                    return path
        return None

    def _open(self, name: str) -> list[tuple[Path, ds.Dataset]]:
        """Each file of a table, opened and its columns checked."""
        files = self.files(name)
        if not files and self.has(name):
            raise InputError(
                "the folder holds no Parquet file", where=str(self._path(name)), remedy="Run ingest again"
            )
        parts = []
        for file in files:
            try:
                parts.append((file, ds.dataset(str(file), format="parquet")))
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(file, error) from error
            _check(parts[-1][1].schema, TABLES[name], str(file))
        return parts


def _opened(piece: Piece) -> list[tuple[Path, ds.Dataset]]:
    """A piece as a data set of its own."""
    try:
        whole = ds.dataset(str(piece.file), format="parquet")
        (fragment,) = whole.get_fragments()
        subset = fragment.subset(row_group_ids=list(piece.groups))
        return [(piece.file, ds.FileSystemDataset([subset], whole.schema, whole.format, whole.filesystem))]
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(piece.file, error) from error


def open_dataset(folder: Path) -> Dataset:
    """A dataset folder that holds at least `exchanges`.

    Raises `InputError` if the folder or its exchanges are missing or cannot be read.
    """
    if not folder.exists():
        raise InputError("no such folder", where=str(folder), remedy="Check the path")
    if not folder.is_dir():
        raise InputError(
            "is a file, not a dataset folder",
            where=str(folder),
            remedy=f"Make one with `stillwatch ingest {folder} --out DIR`, then scan DIR",
        )
    dataset = Dataset(folder)
    if not dataset.has("exchanges"):
        raise InputError(
            "holds no exchanges.parquet",
            where=str(folder),
            remedy=f"Make a dataset with `stillwatch ingest {folder} --out DIR`, then scan DIR",
        )
    for name, table in TABLES.items():
        if table.stage == "input":
            dataset.present(name)
    return dataset


def _streamed() -> dict[str, Any]:
    """How a file is read a row group at a time: with more threads, half a gigabyte of text waits to be asked for."""
    options = ds.ParquetFragmentScanOptions(pre_buffer=False)
    return {
        "use_threads": False,
        "batch_readahead": 1,
        "fragment_readahead": 1,
        "fragment_scan_options": options,
    }


def _unreadable(file: Path, error: Exception) -> InputError | ResourceError:
    if isinstance(error, PermissionError):
        return ResourceError("may not be read", where=str(file), remedy="Check its permissions")
    return InputError(
        "is not a Parquet file, or is damaged",
        where=str(file),
        remedy="Make it again, or make canonical tables with `stillwatch ingest`",
    )


def _check(found: pa.Schema, table: Table, where: str) -> None:
    version = (found.metadata or {}).get(b"stillwatch.schema", SCHEMA_VERSION.encode()).decode()
    if version != SCHEMA_VERSION:
        raise SchemaError(
            f"has schema version {version}, this program reads version {SCHEMA_VERSION}",
            where=where,
            remedy="Write it again with this version of Stillwatch",
        )
    missing = [name for name in table.required if name not in found.names]
    if missing:
        raise SchemaError(
            f"table {table.name} lacks the required column {missing[0]!r}",
            where=where,
            remedy="Name the source column for it in a mapping: `stillwatch ingest --map`",
        )


def _known_before(batch: pa.RecordBatch, since: str, limit: datetime | None) -> pa.RecordBatch:
    """Rows known before the limit; of accounts, a status that came later is not known yet."""
    known = batch.filter(pc.fill_null(pc.less(batch.column(since), limit), True))
    if "status_at" in known.schema.names and "status" in known.schema.names:
        later = pc.fill_null(pc.greater_equal(known.column("status_at"), limit), False)
        for name in ("status", "status_at"):
            at = known.schema.get_field_index(name)
            column = pc.if_else(later, pa.scalar(None, known.schema.field(at).type), known.column(name))
            known = known.set_column(at, known.schema.field(at), column)
    return known


def _conform(batch: pa.RecordBatch, table: Table, names: Sequence[str], where: str) -> pa.RecordBatch:
    fields, arrays = [], []
    for column in table.columns:
        if column.name not in names:
            continue
        at = batch.schema.get_field_index(column.name)
        array = pa.nulls(batch.num_rows, column.type) if at < 0 else batch.column(at)
        arrays.append(_cast(array, column.type, f"{where}: {column.name}"))
        fields.append(pa.field(column.name, column.type))
        if column.required and arrays[-1].null_count:
            raise SchemaError(
                f"required column {column.name!r} holds {arrays[-1].null_count} empty values",
                where=where,
                remedy="Read the logs with `stillwatch ingest`, which puts such records into rejects",
            )
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _cast(array: pa.Array, wanted: pa.DataType, where: str) -> pa.Array:
    if array.type == wanted:
        return array
    try:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_timestamp(wanted) and pa.types.is_timestamp(array.type) and array.type.tz is None:
            array = pc.assume_timezone(array.cast(pa.timestamp("us"), safe=False), "UTC")
        return array.cast(wanted, safe=not pa.types.is_timestamp(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SchemaError(
            f"column has type {array.type}, expected {wanted}",
            where=where,
            remedy="Convert the column, or read the logs with `stillwatch ingest`",
        ) from error
