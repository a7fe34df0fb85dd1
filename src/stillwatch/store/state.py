"""The state folder: what one scan tells the next, whole or not at all.

`state.json` names the subfolder of its tables by their digest and is replaced by one rename, so whoever reads sees the
old state or the new one. What a killed run left beside it is removed by the next one that writes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.errors import ResourceError, StateError
from stillwatch.model.tables import TABLES
from stillwatch.store.results import write_table

VERSION = 1
HEADER = "state.json"
FRESH = ".fresh"
NAMES = tuple(name for name, table in TABLES.items() if table.stage == "state")


@dataclass(frozen=True, slots=True)
class State:
    """Tables of an earlier scan by name, and the digest of them; empty before the first scan."""

    tables: Mapping[str, pa.Table]
    digest: str = ""


def read_state(folder: Path, *, key: str) -> State:
    """What the folder holds; an empty state if it is not there or empty. `key` is the fingerprint of the key in use.

    Raises `StateError` if another key or a newer version wrote it, if it is damaged, or holds something else.
    """
    header = _header(folder)
    if header is None:
        return State({name: TABLES[name].schema.empty_table() for name in NAMES})
    if header["version"] != VERSION:
        raise StateError(
            f"the state has version {header['version']}, this program reads version {VERSION}",
            where=str(folder),
            remedy="Use the version of Stillwatch that wrote it, or start a new state in another folder",
        )
    if header["key"] != key:
        raise StateError(
            f"the state was written with another key (fingerprint {header['key']}, this one is {key})",
            where=str(folder),
            remedy="Give the --key-file it was written with; a new key starts a new state, in another folder",
        )
    return State({name: _read(folder / header["tables"], name) for name in NAMES}, header["tables"])


def stage_state(folder: Path, tables: Mapping[str, pa.Table]) -> str:
    """Write the tables of a new state beside the old one; returns their digest, by which `commit_state` takes them.

    Raises `ResourceError` if the disk is full or may not be written; the state stays as it was.
    """
    fresh = folder / FRESH
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        digest = hashlib.blake2b(digest_size=8)
        for name in NAMES:
            path = write_table(fresh, name, tables[name])
            _sync(path)
            digest.update(path.read_bytes())
        found = digest.hexdigest()
        if (folder / found).exists():
            shutil.rmtree(fresh)
        else:
            fresh.rename(folder / found)
    return found


def commit_state(folder: Path, digest: str, *, key: str) -> None:
    """Make staged tables the state, by one rename; then remove those of before.

    Raises `ResourceError` as `stage_state` does.
    """
    with _explained(folder):
        part = folder / f".{HEADER}"
        header = {"version": VERSION, "key": key, "tables": digest}
        part.write_text(json.dumps(header, indent=2, sort_keys=True) + "\n", "utf-8")
        _sync(part)
        part.replace(folder / HEADER)
        for leftover in folder.iterdir():
            if _ours(leftover.name) and leftover.name != digest and leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise ResourceError(
            "the disk is full" if full else f"the state cannot be written: {error.strerror or error}",
            where=str(folder),
            remedy="Free space or check permissions; the state is as it was before",
        ) from error


def _header(folder: Path) -> dict[str, Any] | None:
    """What `state.json` says; None where no state was written yet."""
    path = folder / HEADER
    try:
        if not path.exists() and (not folder.exists() or all(_ours(p.name) for p in folder.iterdir())):
            return None
        header = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StateError(
            "is no state folder of Stillwatch", where=str(folder), remedy="Choose another folder for --state"
        ) from error
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(header, dict) or not {"version", "key", "tables"} <= set(header):
        raise _damaged(path)
    return header


def _ours(name: str) -> bool:
    """Whether we give this name to something in a state folder, other than the header."""
    return name in (FRESH, f".{HEADER}") or re.fullmatch("[0-9a-f]{16}", name) is not None


def _read(folder: Path, name: str) -> pa.Table:
    path = folder / f"{name}.parquet"
    try:
        return pq.read_table(path, schema=TABLES[name].schema)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> StateError:
    return StateError(
        "cannot be read",
        where=str(path),
        remedy="Bring it back from a backup, or start a new state elsewhere",
    )


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
