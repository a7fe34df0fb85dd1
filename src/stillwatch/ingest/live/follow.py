"""Files that grow and rotate: whole lines as they come, each once, over renames, truncation and restarts.

A file is known by its device and inode, and by a digest of its first bytes: a file that was cut off and begun anew is
another one, and a compressed or moved copy of a known file goes on where that one stopped.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from stillwatch.model.errors import InputError

BLOCK_BYTES = 2 * 1024 * 1024
MAX_LINE_BYTES = 64 * 1024 * 1024
HEAD_BYTES = 1024
_MOST_OPEN = 64
_MOST_KNOWN = 256
_GZIP = b"\x1f\x8b"


class Mark(msgspec.Struct, frozen=True):
    """How far a file was read, in bytes after decompression; `head` digests its first `head_size` bytes."""

    path: str
    device: int
    inode: int
    offset: int = 0
    line: int = 1
    head: str = ""
    head_size: int = 0
    skipping: bool = False  # inside a line that is too long

    @property
    def name(self) -> str:
        """What tells the file from others that exist now."""
        return f"{self.device}:{self.inode}"


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, where they begin, and the mark behind them; `too_long` counts lines left out."""

    data: bytes
    first_line: int
    mark: Mark
    too_long: int = 0


class Follower:
    """The files that fit some patterns. `known` are the marks of an earlier run."""

    def __init__(
        self, patterns: Sequence[str], known: Iterable[Mark] = (), *, block: int = BLOCK_BYTES
    ) -> None:
        self._patterns = patterns
        self._marks: OrderedDict[str, Mark] = OrderedDict((m.name, m) for m in known)
        self._open: OrderedDict[str, BinaryIO] = OrderedDict()
        self._block = block

    @property
    def marks(self) -> Sequence[Mark]:
        """How far every known file was read."""
        return tuple(self._marks.values())

    def pieces(self, *, final: bool = False) -> Iterator[Piece]:
        """What was written since; one block of each file after the other until there is nothing more.

        A last line without an end waits for it, unless `final` or it is whole JSON already and the file was rotated.
        """
        waiting = list(self._present())
        while waiting:
            again = []
            for name, path, rotated in waiting:
                found = self._next(name, path, final=final or rotated)
                if found is not None:
                    yield found
                    again.append((name, found.mark.path, rotated))
            waiting = again

    def close(self) -> None:
        """Close all files."""
        while self._open:
            self._open.popitem()[1].close()

    def _present(self) -> Iterator[tuple[str, str, bool]]:
        """Names of the files to read, with path and whether they were rotated away: those first, they are older."""
        paths = {str(p) for pattern in self._patterns for p in _matching(pattern)}
        found: list[tuple[str, str, bool]] = []
        for path in sorted(paths):
            name = self._named(path)
            if name is not None:
                found.append((name, path, False))
        here = {name for name, _, _ in found}
        gone = [m for n, m in self._marks.items() if n not in here and m.path]
        rotated = [(m.name, m.path, True) for m in gone if m.name in self._open] + list(self._moved(gone))
        self._forget(here | {name for name, _, _ in rotated})
        yield from rotated
        yield from found

    def _moved(self, gone: Sequence[Mark]) -> Iterator[tuple[str, str, bool]]:
        """Files that were renamed beside, to a name that no pattern fits."""
        wanted = {m.name: m for m in gone if m.name not in self._open}
        for folder in sorted({str(Path(m.path).parent) for m in wanted.values()}):
            if not Path(folder).is_dir():
                continue
            with os.scandir(folder) as entries:
                beside = sorted((e.path, e.inode()) for e in entries if e.is_file(follow_symlinks=False))
            for path, inode in beside:
                match = [
                    n for n, m in wanted.items() if m.inode == inode and str(Path(m.path).parent) == folder
                ]
                if match and self._named(path) == match[0]:
                    yield match[0], path, True

    def _named(self, path: str) -> str | None:
        """The name of the file at a path, after looking whether it is the one that was known; None if it is gone."""
        try:
            stat = Path(path).stat()
        except OSError:
            return None
        name = f"{stat.st_dev}:{stat.st_ino}"
        known = self._marks.get(name)
        if known is not None and (stat.st_size == 0 or self._same(known, path)):
            if stat.st_size == 0 and known.offset:  # cut off
                self._start(name, path, stat)
            elif known.path != path:
                self._marks[name] = msgspec.structs.replace(known, path=path)
            return name
        self._close(name)
        self._start(name, path, stat)
        return name

    def _same(self, known: Mark, path: str) -> bool:
        """Whether the file at the path still begins as the known one did, and is as long as was read of it."""
        head, size = _head(path, known.head_size)
        plain = size is not None
        return _digest(head) == known.head and (not plain or (size or 0) >= known.offset)

    def _start(self, name: str, path: str, stat: os.stat_result) -> None:
        """Begin a new file, where a copy of it was read before if so."""
        head, _ = _head(path, HEAD_BYTES)
        mark = Mark(path, stat.st_dev, stat.st_ino, head=_digest(head), head_size=len(head))
        if len(head) == HEAD_BYTES:
            copies = [m for m in self._marks.values() if m.head == mark.head and m.name != name]
            best = max(copies, key=lambda m: m.offset, default=mark)
            mark = msgspec.structs.replace(mark, offset=best.offset, line=best.line, skipping=best.skipping)
        self._marks[name] = mark
        self._marks.move_to_end(name)

    def _next(self, name: str, path: str, *, final: bool) -> Piece | None:
        """The next whole lines of a file, at most a block of them unless one is longer."""
        mark = self._marks[name]
        size = self._block
        while True:
            try:
                data = self._read(name, path, mark.offset, size)
            except (OSError, EOFError, zlib.error):
                return None
            end = data.rfind(b"\n") + 1
            ended = len(data) < size
            if end or ended or size >= MAX_LINE_BYTES:
                break
            size = min(2 * size, MAX_LINE_BYTES)
        if not end and ended and (final or _compressed(path)) and _whole(data):
            end = len(data)
        if not end and not ended:
            return self._skip(mark, len(data))
        return self._taken(name, mark, data[:end]) if end else None

    def _skip(self, mark: Mark, size: int) -> Piece:
        after = msgspec.structs.replace(mark, offset=mark.offset + size, skipping=True)
        self._marks[mark.name] = after
        return Piece(b"", mark.line, after, too_long=0 if mark.skipping else 1)

    def _taken(self, name: str, mark: Mark, data: bytes) -> Piece:
        lines = data.count(b"\n") + (not data.endswith(b"\n"))
        after = msgspec.structs.replace(
            mark, offset=mark.offset + len(data), line=mark.line + lines, skipping=False
        )
        if mark.head_size < HEAD_BYTES:
            begin = self._read(name, mark.path, 0, min(HEAD_BYTES, after.offset))
            after = msgspec.structs.replace(after, head=_digest(begin), head_size=len(begin))
        self._marks[name] = after
        self._marks.move_to_end(name)
        kept = data[data.find(b"\n") + 1 :] if mark.skipping else data
        return Piece(kept, mark.line + (1 if mark.skipping else 0), after)

    def _read(self, name: str, path: str, offset: int, size: int) -> bytes:
        if name not in self._open:
            self._open[name] = _opened(path)
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(name)
        self._open[name].seek(offset)
        return self._open[name].read(size)

    def _close(self, name: str) -> None:
        file = self._open.pop(name, None)
        if file is not None:
            file.close()

    def _forget(self, present: set[str]) -> None:
        """Close what is gone; of the marks of files that are gone keep the latest, since copies may come up."""
        for name in [n for n in self._open if n not in present]:
            self._close(name)
        gone = [name for name in self._marks if name not in present]
        for name in gone[: max(0, len(gone) - _MOST_KNOWN)]:
            del self._marks[name]


def _matching(pattern: str) -> Iterator[Path]:
    place = Path(pattern)
    if place.is_dir():
        yield from (p for p in place.rglob("*") if p.is_file() and not p.name.startswith("."))
    elif place.exists():
        yield place
    else:
        yield from (p for p in Path(place.anchor).glob(str(place.relative_to(place.anchor))) if p.is_file())


def check_patterns(patterns: Sequence[str]) -> None:
    """Raise `InputError` for a path whose folder does not exist: nothing could ever appear there."""
    for pattern in patterns:
        fixed = Path(pattern)
        while any(c in fixed.name for c in "*?["):
            fixed = fixed.parent
        if not fixed.exists() and not fixed.parent.is_dir():
            raise InputError("no such file or folder", where=pattern, remedy="Check the path")


def _opened(path: str) -> BinaryIO:
    """The content of a file after decompression."""
    if _compressed(path):
        return cast("BinaryIO", gzip.open(path, "rb"))
    return Path(path).open("rb")


def _compressed(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(2) == _GZIP
    except OSError:
        return False


def _head(path: str, size: int) -> tuple[bytes, int | None]:
    """The first bytes after decompression, and the length of the file where it is plain."""
    try:
        with Path(path).open("rb") as file:
            begin = file.read(max(size, 2))
            if not begin.startswith(_GZIP):
                return begin[:size], os.fstat(file.fileno()).st_size
            file.seek(0)
            with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                return unpacked.read(size), None
    except (OSError, EOFError, zlib.error):
        return b"", 0


def _digest(head: bytes) -> str:
    return hashlib.blake2b(head, digest_size=16).hexdigest()


def _whole(line: bytes) -> bool:
    """Whether a line without an end is complete: JSON of an object cannot go on."""
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
