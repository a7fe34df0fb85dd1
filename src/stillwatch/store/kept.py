"""Finished stages of a scan, kept until its results stand: an interrupted scan goes on behind the last of them.

A stage has a database file of its own, which is written by that stage alone. When the stage has ended the file is
closed, a record is written beside it, and from then on it is only read. So what a kill leaves is whole stages and one
that counts for nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.model.errors import ResourceError, StillwatchError
from stillwatch.store.duck import DuckTables
from stillwatch.store.files import replace_text

OWNER = "made-by.json"  # what the stages were made from
RECORDS = "[0-9][0-9].json"  # of finished stages


@dataclass(frozen=True, slots=True)
class Stage:
    """A finished stage: its database file, the size that had, and the values it left beside its tables."""

    file: Path
    size: int
    values: Mapping[str, Any]


class KeptStages:
    """Stages of one scan in a folder; `names` says which of them an earlier scan had finished."""

    def __init__(self, folder: Path, t: DuckTables) -> None:
        self._folder, self._t = folder, t
        self._found: dict[str, Stage] = {}
        self._count = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Stages that were found finished."""
        return tuple(self._found)

    def take(self, name: str) -> Mapping[str, Any] | None:
        """Read the tables of a stage if it was found finished; the values it left, or nothing."""
        stage = self._found.get(name)
        if stage is not None:
            self._t.read_layer(stage.file)
            self._count += 1
        return stage.values if stage else None

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """What the block writes is the stage's, kept when the block ends with the values put into the mapping."""
        self._count += 1
        file = self._folder / f"{self._count:02d}.duckdb"
        values: dict[str, Any] = {}
        self._t.begin_layer(file)
        yield values
        self._t.end_layer()
        record = {"stage": name, "bytes": file.stat().st_size, "values": values}
        replace_text(file.with_suffix(".json"), json.dumps(record) + "\n")

    def find(self) -> None:
        """Look for finished stages, in their order; whatever comes after the first that is not whole is removed."""
        found: dict[str, Stage] = {}
        for number in range(1, 100):
            record = self._folder / f"{number:02d}.json"
            stage = _read(record)
            if stage is None or not self._t.is_layer(stage[1].file):
                break
            found[stage[0]] = stage[1]
        kept = {OWNER, *(f.name for s in found.values() for f in (s.file, s.file.with_suffix(".json")))}
        for path in self._folder.iterdir():
            if path.name not in kept:
                path.unlink()
        self._found = found


def _read(record: Path) -> tuple[str, Stage] | None:
    """Name and content of a finished stage, if its record and its file are whole."""
    file = record.with_suffix(".duckdb")
    try:
        read = json.loads(record.read_text("utf-8"))
        stage = Stage(file, int(read["bytes"]), dict(read["values"]))
        whole = file.stat().st_size == stage.size and not file.with_suffix(".duckdb.wal").exists()
        return (str(read["stage"]), stage) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def kept_stages(folder: Path, owner: Mapping[str, Any], t: DuckTables) -> Iterator[KeptStages]:
    """Stages in a folder, found again if they were made from the very same (`owner`); others are removed.

    The folder is removed when the block ends, and on errors: but what a kill, an interrupt, the limit of memory or a
    full disk left is there for the next scan. Where these limits left no finished stage, there is nothing to keep.

    Raises `ResourceError` if the folder cannot be written.
    """
    try:
        _prepare(folder, owner)
    except OSError as error:
        raise ResourceError(
            f"cannot be written: {error.strerror or error}", where=str(folder), remedy="Check permissions"
        ) from error
    stages = KeptStages(folder, t)
    stages.find()
    try:
        yield stages
    except (StillwatchError, OSError) as error:
        t.forget_layers()
        if isinstance(error, ResourceError) and any(folder.glob(RECORDS)):
            stages.find()  # what is not finished gives its room back
            raise
        shutil.rmtree(folder, ignore_errors=True)
        raise
    t.forget_layers()
    shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path, owner: Mapping[str, Any]) -> None:
    """The folder of this owner, emptied if it was another's."""
    text = json.dumps(owner, sort_keys=True, indent=2) + "\n"
    mark = folder / OWNER
    if folder.exists() and not (mark.exists() and mark.read_text("utf-8", "replace") == text):
        shutil.rmtree(folder)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        replace_text(mark, text)
