"""Where records come from: files, folders, patterns and standard input, plain or compressed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from stillwatch.model.errors import InputError

HEAD_BYTES = 256 * 1024
MAX_HEAD_BYTES = 64 * 1024 * 1024
BLOCK_BYTES = 4 * 1024 * 1024
STDIN = "-"
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_STEP = 32 * 1024


class Source:
    """One input: a file by its path, or standard input (`-`), which can be read only once.

    `consumed` is how far reading has come, in bytes before decompression. `first_line` is the number of its first
    line, where it is a piece of something longer.
    """

    def __init__(self, path: str, *, stdin: BinaryIO | None = None, first_line: int = 1) -> None:
        self.path = path
        self.consumed = 0
        self.first_line = first_line
        self._stdin = stdin
        self._early = b""  # of standard input: read to look at, to be read again

    @property
    def name(self) -> str:
        """Name without folders."""
        return "stdin" if self.path == STDIN else Path(self.path).name

    @property
    def size(self) -> int:
        """Size in bytes before decompression; 0 where it is not known."""
        return 0 if self._stdin else Path(self.path).stat().st_size

    @property
    def empty(self) -> bool:
        """Whether it is a file without content."""
        return not self._stdin and self.size == 0

    @property
    def file(self) -> Path | None:
        """The path, where the source is a file that can be read at any place."""
        return None if self._stdin else Path(self.path)

    def head(self) -> bytes:
        """The first bytes after decompression, to tell formats apart: at least one line, if it is not huge.

        Raises `InputError` if nothing can be read.
        """
        parts: list[bytes] = []
        held, whole_line = 0, False
        try:
            with self._raw(early_only=True) as raw:
                stream = self._decompressed(raw)
                while held < (HEAD_BYTES if whole_line else MAX_HEAD_BYTES):
                    block = stream.read(_STEP)
                    if not block:
                        break
                    parts.append(block)
                    held += len(block)
                    whole_line = whole_line or b"\n" in block
        except OSError as error:
            if not parts:
                raise unreadable(self.path, error) from error
        return b"".join(parts)

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Blocks after decompression; `OSError` where the stream turns out damaged or cut short."""
        with self._raw() as raw:
            stream = self._decompressed(raw)
            while True:
                block, error = _filled(stream, size)
                self.consumed = raw.tell()
                if block:
                    yield block
                if error is not None:
                    raise error
                if not block:
                    return

    @contextmanager
    def stream(self) -> Iterator[pa.NativeFile]:
        """The whole content after decompression, as an Arrow stream."""
        with self._raw() as raw:
            yield self._decompressed(raw)

    @contextmanager
    def _raw(self, *, early_only: bool = False) -> Iterator[pa.NativeFile]:
        """The bytes as they are; their first ones are kept in `_early`."""
        if self._stdin:
            self._early = self._early or self._stdin.read(HEAD_BYTES)
            rest = io.BytesIO() if early_only else self._stdin
            yield pa.PythonFile(_Chain(self._early, rest), mode="r")
            return
        try:
            raw = pa.OSFile(self.path, mode="r")
        except OSError as error:
            raise unreadable(self.path, error) from error
        with raw:
            self._early = raw.read(4)
            raw.seek(0)
            yield raw

    def _decompressed(self, raw: pa.NativeFile) -> pa.NativeFile:
        """The stream itself, or its content where it starts like gzip or zstd."""
        codec = next((name for magic, name in _MAGIC if self._early.startswith(magic)), None)
        return raw if codec is None else pa.CompressedInputStream(raw, codec)


def piece(data: bytes, path: str, *, first_line: int) -> Source:
    """Whole lines of a file that were read already, as a source of their own."""
    return Source(path, stdin=io.BytesIO(data), first_line=first_line)


class _Chain(io.RawIOBase):
    """Bytes already read, then the rest of a stream."""

    def __init__(self, early: bytes, rest: BinaryIO | io.BytesIO) -> None:
        super().__init__()
        self._early = io.BytesIO(early)
        self._rest = rest
        self._at = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        block = self._early.read(size) or self._rest.read(size)
        self._at += len(block)
        return block

    def tell(self) -> int:
        return self._at


def _filled(stream: pa.NativeFile, size: int) -> tuple[bytes, OSError | None]:
    """The next block, read in small steps so that what stands before a break in the stream is not lost."""
    parts: list[bytes] = []
    held = 0
    try:
        while held < size and (part := stream.read(min(_STEP, size - held))):
            parts.append(part)
            held += len(part)
    except OSError as error:
        return b"".join(parts), error
    return b"".join(parts), None


def expand(paths: Iterable[str], *, stdin: BinaryIO | None = None) -> list[Source]:
    """Sources for paths, folders (read recursively, hidden files left out) and patterns; sorted, each once.

    Raises `InputError` if a path does not exist, a folder is empty or a pattern fits nothing.
    """
    found: dict[str, Source] = {}
    for path in paths:
        if path == STDIN:
            found.setdefault(path, Source(path, stdin=stdin or io.BytesIO()))
            continue
        for file in _files(path):
            found.setdefault(file, Source(file))
    if not found:
        raise InputError("nothing to read", remedy="Name a file, a folder, a pattern or - for standard input")
    return list(found.values())


def _files(path: str) -> list[str]:
    place = Path(path)
    if place.is_dir():
        files = sorted(str(f) for f in place.rglob("*") if f.is_file() and not _hidden(f, place))
        if not files:
            raise InputError("the folder holds no files", where=path, remedy="Name the folder with the logs")
        return files
    if place.exists():
        return [path]
    files = sorted(str(f) for f in _matches(place) if f.is_file())
    if not files:
        raise InputError("no such file, folder or pattern", where=path, remedy="Check the path")
    return files


def _matches(pattern: Path) -> Iterator[Path]:
    """Paths that fit a pattern (`*`, `?`, `**`), absolute or not."""
    return Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def unreadable(path: str, error: OSError) -> InputError:
    """The error for a file that cannot be opened or decompressed at all."""
    what = os.strerror(error.errno) if error.errno else str(error).split("\n")[0]
    return InputError(
        f"cannot be read: {what}", where=path, remedy="Check permissions and that it is complete"
    )
