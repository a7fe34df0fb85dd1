"""The Parquet files of a dataset folder, here or in a cloud store, and the columns that their folders name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from stillwatch.model.errors import InputError, ResourceError
from stillwatch.model.places import Files, Found, below, hidden, partitions
from stillwatch.store.lake import PLAIN, lake_files

SUFFIX = ".parquet"
_MARK = 8  # bytes at the end of a file: length of its metadata, and a mark


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a table. `named` are columns that stand in the names of its folders (`model=m-1`), as text."""

    found: Found
    named: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class CloudFolder:
    """A dataset folder in a store, as it was listed once: what is added later is not in it."""

    address: str
    files: Files
    tables: Mapping[str, tuple[Part, ...]]
    _opened: dict[str, ds.Dataset] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels without what was opened here: that holds credentials."""
        return CloudFolder, (self.address, self.files, self.tables)

    def open(self, part: Part) -> ds.Dataset:
        """The file of a part; its footer is read once. Raises `InputError` if it cannot be had or is damaged."""
        address = part.found.address
        if address not in self._opened:
            store, path = self.files.filesystem(address)
            try:
                self._opened[address] = self.files.asked(
                    lambda: ds.dataset(path, filesystem=store, format="parquet")
                )
            except (pa.ArrowException, OSError) as error:
                raise self.explained(part, error) from error
        return self._opened[address]

    def explained(self, part: Part, error: Exception) -> InputError:
        """The error for a part that cannot be read: the store's, or that it is no Parquet."""
        said = str(error)
        if isinstance(error, pa.ArrowException) or "Parquet" in said or "Thrift" in said:
            return damaged(part.found.address)
        return self.files.explained(part.found.address, error)


def cloud_folder(address: str, files: Files) -> CloudFolder:
    """The dataset folder at an address. Raises `InputError` if the store cannot be asked or holds nothing there."""
    listed = files.find(address)
    found = [one for one in listed if one.address.endswith(SUFFIX)]
    if not found:
        raise InputError("no such folder, or no Parquet in it", where=address, remedy="Check the address")
    start = below(address, "")
    whole = {one.address.removeprefix(start).removesuffix(SUFFIX): one for one in found}
    tables: dict[str, list[Part]] = {}
    for one in found:
        table, *folders = one.address.removeprefix(start).split("/")
        if not folders:
            tables[table.removesuffix(SUFFIX)] = [Part(one, {})]
        elif table not in whole:
            tables.setdefault(table, []).append(Part(one, partitions(folders[:-1])))
    for table in tables.keys() - whole.keys():
        _demand_plain(below(address, table), listed, files)
    return CloudFolder(address, files, {name: tuple(parts) for name, parts in tables.items()})


def _demand_plain(folder: str, listed: Sequence[Found], files: Files) -> None:
    """Refuse a Delta or Iceberg table in a store: its folder holds files of the past too."""
    start = below(folder, "metadata/")
    iceberg = any(one.address.startswith(start) and one.address.endswith(".metadata.json") for one in listed)
    if iceberg or files.find(below(folder, "_delta_log")):
        raise InputError(
            f"is {'an Iceberg' if iceberg else 'a Delta'} table, and these are read from folders of this machine only",
            where=folder,
            remedy=PLAIN,
        )


def local_parts(path: Path | None, columns: Collection[str]) -> list[Part]:
    """The Parquet files of a table that is a file or a folder, sorted; of a Delta or Iceberg table those of its present
    state. `columns` are those that may be read."""
    if path is None:
        return []
    if not path.is_dir():
        return [Part(_listed(path), {})]
    listed = lake_files(path, columns)
    if listed is not None:
        return [Part(_listed(file), {}) for file in listed]
    inside = (file.relative_to(path) for file in path.rglob(f"*{SUFFIX}"))
    return [
        Part(_listed(path / name), partitions(name.parts[:-1]))
        for name in sorted(inside)
        if not hidden(name.parts)
    ]


def open_local(part: Part) -> ds.Dataset:
    """The file of a part here. Raises `InputError` if it is damaged, `ResourceError` if it may not be read."""
    try:
        return ds.dataset(part.found.address, format="parquet")
    except (pa.ArrowException, OSError) as error:
        raise unreadable(part, error) from error


def footer_of(file: pa.NativeFile) -> bytes:
    """The metadata at the end of a file, with what says how long it is."""
    size = file.size()
    file.seek(max(size - _MARK, 0))
    length = int.from_bytes(file.read(4), "little")
    file.seek(max(size - _MARK - length, 0))
    content: bytes = file.read()
    return content


def unreadable(part: Part, error: Exception) -> InputError | ResourceError:
    """The error for a part on this machine that cannot be read."""
    if isinstance(error, PermissionError):
        return ResourceError("may not be read", where=part.found.address, remedy="Check its permissions")
    return damaged(part.found.address)


def damaged(address: str) -> InputError:
    """The error for a file that is no Parquet."""
    return InputError(
        "is not a Parquet file, or is damaged",
        where=address,
        remedy="Make it again, or make canonical tables with `stillwatch ingest`",
    )


def _listed(path: Path) -> Found:
    try:
        state = path.stat()
    except OSError:  # opening it says what is wrong with it
        return Found(str(path), 0, 0)
    return Found(str(path), state.st_size, state.st_mtime_ns)
