"""Segments: what came in, made durable in steps of which each is whole or not there.

::

    days/2026-03-02/000000000004-000000000009/   files of the steps 4 to 9 for one day
    commits/000000000009.json                    the last step: where each source is to go on

A step writes one folder a day beside, renames them into place, then renames its record into place: that is the moment
it counts. What a killed step left is removed at the next start. Folders of several steps are merged into one; a folder
whose steps another one covers is the rest of a merge and counts for nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.errors import ResourceError, StateError

DAYS, COMMITS, FRESH = "days", "commits", "fresh"
IPC = ".arrow"
_NAME = re.compile(r"(\d{12})-(\d{12})")
_KEPT_COMMITS = 2

Tables = Mapping[str, pa.Table]  # by file name: `.parquet`, or `.arrow` for what is read by position


@dataclass(frozen=True, slots=True)
class Segment:
    """A folder of files: those of the steps `first` to `last` for a day (`2026-03-02`)."""

    path: Path
    day: str
    first: int
    last: int

    def covers(self, other: Segment) -> bool:
        """Whether it holds all that the other one holds."""
        same = (self.first, self.last) == (other.first, other.last)
        return not same and self.day == other.day and self.first <= other.first and other.last <= self.last

    def read(self, name: str, *, columns: Sequence[str] | None = None) -> pa.Table | None:
        """A file of it, if it is there; of Parquet these columns."""
        file = self.path / name
        if not file.exists():
            return None
        if file.suffix == IPC:
            with pa.memory_map(str(file)) as source:
                return pa.ipc.open_file(source).read_all()
        return pq.read_table(file, columns=None if columns is None else list(columns))


class Segments:
    """The segments of a folder. Only one process adds to it (`recover` first), one merges and expires."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.step, self.record = self._last()

    def recover(self) -> int:
        """Remove what a killed process left; returns how many folders that were."""
        with explained(self.folder):
            for name in (DAYS, COMMITS):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            left = list((self.folder / FRESH).iterdir()) if (self.folder / FRESH).exists() else []
            shutil.rmtree(self.folder / FRESH, ignore_errors=True)
            (self.folder / FRESH).mkdir()
            every = list(self._folders())
            old = [
                s
                for s in every
                if s.last > self.step or any(o.covers(s) for o in every if o.last <= self.step)
            ]
            for segment in old:
                self._remove(segment)
        return len(left) + len(old)

    def commit(self, days: Mapping[str, Tables], record: Mapping[str, Any]) -> int:
        """Make a step durable: the tables of each day, and a record; returns its number.

        Raises `ResourceError` if it cannot be written; nothing of it counts then.
        """
        step = self.step + 1
        with explained(self.folder):
            for day, tables in sorted(days.items()):
                self._place(Segment(self.folder, day, step, step), self._written(tables))
            _sync(self.folder / DAYS)
            commits = self.folder / COMMITS
            part = commits / f".{step:012d}"
            part.write_text(json.dumps(record, sort_keys=True) + "\n", "utf-8")
            _sync(part)
            part.rename(commits / f"{step:012d}.json")
            _sync(commits)
            for old in sorted(commits.glob("*.json"))[:-_KEPT_COMMITS]:
                old.unlink()
        self.step, self.record = step, dict(record)
        return step

    def segments(self) -> list[Segment]:
        """What counts, in order of day and step."""
        every = [s for s in self._folders() if s.last <= self.step]
        return [s for s in every if not any(o.covers(s) for o in every)]

    def merge(self, segments: Sequence[Segment], tables: Tables) -> Segment:
        """Put one folder in the place of several of a day, which follow one another; `tables` is what they hold."""
        first, last = segments[0], segments[-1]
        with explained(self.folder):
            whole = self._place(
                Segment(self.folder, first.day, first.first, last.last), self._written(tables)
            )
            for segment in segments:
                self._remove(segment)
        return whole

    def expire(self, before: str) -> list[Segment]:
        """Remove the days before this one; returns what was removed."""
        old = [s for s in self.segments() if s.day < before]
        with explained(self.folder):
            for segment in old:
                self._remove(segment)
            for day in (self.folder / DAYS).iterdir():
                if day.name < before and not any(day.iterdir()):
                    day.rmdir()
        return old

    def _last(self) -> tuple[int, dict[str, Any]]:
        commits = sorted((self.folder / COMMITS).glob("*.json"))
        if not commits:
            return 0, {}
        try:
            record = json.loads(commits[-1].read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise StateError(
                "cannot be read",
                where=str(commits[-1]),
                remedy="Bring it back from a backup, or start a new state",
            ) from error
        return int(commits[-1].stem), record

    def _folders(self) -> Iterator[Segment]:
        for path in sorted((self.folder / DAYS).glob("*/*")):
            found = _NAME.fullmatch(path.name)
            if found:
                yield Segment(path, path.parent.name, int(found[1]), int(found[2]))

    def _written(self, tables: Tables) -> Path:
        fresh = self.folder / FRESH / uuid.uuid4().hex
        fresh.mkdir(parents=True)
        for name, table in tables.items():
            _write(fresh / name, table)
            _sync(fresh / name)
        _sync(fresh)
        return fresh

    def _place(self, segment: Segment, fresh: Path) -> Segment:
        day = self.folder / DAYS / segment.day
        day.mkdir(exist_ok=True)
        path = day / f"{segment.first:012d}-{segment.last:012d}"
        fresh.rename(path)
        _sync(day)
        return Segment(path, segment.day, segment.first, segment.last)

    def _remove(self, segment: Segment) -> None:
        """Out of sight by one rename, then file by file."""
        gone = self.folder / FRESH / uuid.uuid4().hex
        segment.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _write(path: Path, table: pa.Table) -> None:
    if path.suffix == IPC:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        pq.write_table(table, path, compression="zstd", compression_level=1)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into a `ResourceError`."""
    try:
        yield
    except OSError as error:
        raise ResourceError(
            f"the state cannot be written: {error.strerror or error}",
            where=str(error.filename or folder),
            remedy="Free space or check permissions, then start again; what was durable before is untouched",
        ) from error
