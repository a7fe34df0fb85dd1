"""Which Parquet files a Delta or Iceberg table consists of now; what a list of files cannot express is refused."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from stillwatch.model.errors import InputError
from stillwatch.store.packages import need

# what a reader of Delta must know of and that leaves files as they are
HARMLESS = frozenset(
    {"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "typeWidening", "typeWidening-preview"}
)
PLAIN = "Have Spark or another engine write it as plain Parquet first"


def lake_files(folder: Path, columns: Collection[str]) -> list[Path] | None:
    """The files of the table in the folder, sorted; None if it is a folder of plain files.

    `columns` are those that may be read. Raises `InputError` for a table that its files alone do not tell.
    """
    if (folder / "_delta_log").is_dir():
        return _delta(folder, columns)
    metadata = sorted((folder / "metadata").glob("*.metadata.json"), key=_number)
    return _iceberg(folder, metadata[-1]) if metadata else None


def _delta(folder: Path, columns: Collection[str]) -> list[Path]:
    deltalake = need("deltalake", extra="lakes")
    try:
        table = deltalake.DeltaTable(str(folder))
        features = set(table.protocol().reader_features or ())
        found = [_local(uri, folder) for uri in table.file_uris()]
        metadata = table.metadata()
    except (deltalake.exceptions.DeltaError, OSError) as error:
        raise _unreadable(folder, error) from error
    unknown = sorted(features - HARMLESS)
    if metadata.configuration.get("delta.columnMapping.mode", "none") != "none":
        unknown.append("columnMapping")
    if unknown:
        raise _refused(folder, f"uses {unknown[0]}, which a list of files cannot express")
    hidden = sorted(set(metadata.partition_columns) & set(columns))
    if hidden:
        raise _refused(folder, f"is partitioned by {hidden[0]}, whose values stand in no file")
    return sorted(found)


def _iceberg(folder: Path, metadata: Path) -> list[Path]:
    tables = need("pyiceberg.table", extra="lakes")
    failures = need("pyiceberg.exceptions", extra="lakes")
    try:
        table = tables.StaticTable.from_metadata(metadata.resolve().as_uri())
        tasks = list(table.scan().plan_files())
    except (failures.ServerError, failures.ValidationError, ValueError, OSError) as error:
        raise _unreadable(folder, error) from error
    if any(task.delete_files for task in tasks):
        raise _refused(folder, "holds deleted rows beside its files")
    if any(str(task.file.file_format).rpartition(".")[2].upper() != "PARQUET" for task in tasks):
        raise _refused(folder, "holds files that are not Parquet")
    if _renamed(table.metadata.schemas):
        raise _refused(folder, "had columns renamed, which its files do not know")
    return sorted(_local(task.file.file_path, folder) for task in tasks)


def _renamed(schemas: Any) -> bool:
    """Whether a column had another name, or a name another column."""
    pairs = {(field.field_id, field.name) for schema in schemas for field in schema.fields}
    return len({i for i, _ in pairs}) < len(pairs) or len({name for _, name in pairs}) < len(pairs)


def _local(uri: str, folder: Path) -> Path:
    parts = urlsplit(uri)
    if parts.scheme not in ("", "file"):
        raise _refused(folder, f"has files at {parts.scheme}://")
    return Path(unquote(parts.path)) if parts.scheme else Path(uri)


def _number(file: Path) -> tuple[int, str]:
    """Version of an Iceberg metadata file, `v3.metadata.json` or `00003-….metadata.json`."""
    found = re.match(r"v?(\d+)", file.name)
    return int(found.group(1)) if found else -1, file.name


def _refused(folder: Path, why: str) -> InputError:
    return InputError(f"the table {why}", where=str(folder), remedy=PLAIN)


def _unreadable(folder: Path, error: Exception) -> InputError:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InputError(f"the table cannot be read: {said}", where=str(folder), remedy=PLAIN)
