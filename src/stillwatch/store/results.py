"""Write results so that a reader never sees half of them: into a hidden folder beside, then one rename."""

from __future__ import annotations

import errno
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError, ResourceError
from stillwatch.model.tables import TABLES

MARK = "summary.json"  # a folder of ours holds it; a folder without it is not overwritten


@contextmanager
def results_folder(out: Path) -> Iterator[Path]:
    """A folder to write into; it takes the place of `out` only when the block ends without an error.

    Raises `InputError` if `out` holds something that is not a result of ours, `ResourceError` if the disk is
    full or may not be written.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).exists())):
        raise InputError(
            "exists and is not a result folder of Stillwatch",
            where=str(out),
            remedy="Choose another --out; nothing was written",
        )
    fresh = out.parent / f".{out.name}.{uuid.uuid4().hex[:12]}.partial"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(out)
        fresh.mkdir()
        yield fresh
        _swap(fresh, out)
    except OSError as error:
        raise _explained(error, out) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_table(folder: Path, name: str, rows: pa.Table) -> Path:
    """Write a table of `model.tables` as Parquet, in its schema, sorted by its key."""
    table = TABLES[name]
    path = folder / f"{name}.parquet"
    ordered = rows.select(table.schema.names).cast(table.schema)
    if table.key and ordered.num_rows:
        ordered = ordered.sort_by([(column, "ascending") for column in table.key])
    ordered = ordered.combine_chunks()  # pages end where chunks do, and chunks where threads met
    pq.write_table(ordered.replace_schema_metadata(table.schema.metadata), path, compression="zstd")
    return path


def write_json(folder: Path, name: str, value: Mapping[str, Any]) -> Path:
    """Write an object as JSON with sorted keys."""
    path = folder / name
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    return path


def read_table(folder: Path, name: str) -> pa.Table:
    """A result table of a folder; empty in its schema where the file is missing.

    Raises `InputError` if the folder is no result folder or the file is damaged.
    """
    if not (folder / MARK).exists():
        raise InputError(
            "is not a result folder: it holds no summary.json",
            where=str(folder),
            remedy="Give the folder that `stillwatch scan --out` wrote",
        )
    path = folder / f"{name}.parquet"
    if not path.exists():
        return TABLES[name].schema.empty_table()
    try:
        return pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError("cannot be read", where=str(path), remedy="Run the scan again") from error


def _swap(fresh: Path, out: Path) -> None:
    if not out.exists():
        fresh.rename(out)
        return
    old = out.parent / f".{out.name}.{uuid.uuid4().hex[:12]}.old"
    out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _clear_leftovers(out: Path) -> None:
    """Remove what a killed run left; if it was killed between the two renames, bring the old result back."""
    kept = sorted(out.parent.glob(f".{out.name}.*.old"))
    if kept and not out.exists():
        kept[-1].rename(out)
    for pattern in (f".{out.name}.*.partial", f".{out.name}.*.old"):
        for leftover in out.parent.glob(pattern):
            shutil.rmtree(leftover, ignore_errors=True)


def _explained(error: OSError, out: Path) -> ResourceError:
    where = str(error.filename or out)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return ResourceError(
            "the disk is full", where=str(out), remedy="Free space; earlier results are untouched"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ResourceError("may not be written", where=where, remedy="Check permissions")
    return ResourceError(f"{error.strerror or error}", where=where, remedy="Check the path and the disk")
