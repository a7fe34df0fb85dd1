"""Where records come from: files, folders, patterns, here or in a cloud store; standard input; compressed or not."""

from __future__ import annotations

import io
import lzma
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pyarrow as pa

from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.places import Files, Found, hidden, partitions, scheme

HEAD_BYTES = 256 * 1024
MAX_HEAD_BYTES = 64 * 1024 * 1024
BLOCK_BYTES = 4 * 1024 * 1024
STDIN = "-"
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xfd7zXZ\x00", "xz"),
)
_MAGIC_BYTES = 6
_STEP = 32 * 1024


class Source:
    """One input: a file by its path, an object of a store, or standard input (`-`), which can be read only once.

    `consumed` is how far reading has come, in bytes before decompression. `first_line` is the number of its first
    line, where it is a piece of something longer. `found` is how an object was listed in the store `files`.
    """

    def __init__(
        self,
        path: str,
        *,
        stdin: BinaryIO | None = None,
        first_line: int = 1,
        found: Found | None = None,
        files: Files | None = None,
    ) -> None:
        self.path = path
        self.consumed = 0
        self.first_line = first_line
        self.found = found
        self._files = files
        self._stdin = stdin
        self._early = b""  # of standard input: read to look at, to be read again; else its first bytes
        self._tell: Callable[[], int] = int  # where reading is

    @property
    def name(self) -> str:
        """Name without folders."""
        return "stdin" if self.path == STDIN else Path(self.path).name

    @property
    def size(self) -> int:
        """Size in bytes before decompression; 0 where it is not known."""
        if self.found is not None:
            return self.found.size
        return 0 if self._stdin else Path(self.path).stat().st_size

    @property
    def empty(self) -> bool:
        """Whether it is a file without content."""
        return not self._stdin and self.size == 0

    @property
    def once(self) -> bool:
        """Whether it can be read only once, from its beginning."""
        return self._stdin is not None

    @property
    def partitions(self) -> dict[str, str | None]:
        """Columns that the folders of its path name (`day=2026-02-01`)."""
        return partitions(PurePosixPath(self.path).parts[:-1])

    def listed(self) -> Found:
        """Name, size and time of change, by which it is known again."""
        if self.found is not None:
            return self.found
        path = Path(self.path).resolve()
        state = path.stat()
        return Found(str(path), state.st_size, state.st_mtime_ns)

    def open(self) -> pa.NativeFile:
        """The bytes as they are, to be read at any place.

        Raises `InputError` if it cannot be had, `VanishedError` for an object that is no longer there.
        """
        if self._files is not None and self.found is not None:
            return self._files.open(self.found)
        try:
            return pa.OSFile(self.path, mode="r")
        except OSError as error:
            raise unreadable(self.path, error) from error

    def broken(self, error: OSError) -> InputError:
        """The error for a source that cannot be read to its end."""
        if self._files is not None and self.found is not None:
            return self._files.explained(self.path, error)
        return unreadable(self.path, error)

    def head(self) -> bytes:
        """The first bytes after decompression, to tell formats apart: at least one line, if it is not huge.

        Raises `InputError` if nothing can be read.
        """
        parts: list[bytes] = []
        held, whole_line = 0, False
        try:
            with self._raw(early_only=True, buffer=HEAD_BYTES) as raw:
                stream = self._decompressed(raw)
                while held < (HEAD_BYTES if whole_line else MAX_HEAD_BYTES):
                    block = stream.read(_STEP)
                    if not block:
                        break
                    parts.append(block)
                    held += len(block)
                    whole_line = whole_line or b"\n" in block
        except (OSError, lzma.LZMAError, EOFError) as error:
            if not parts:
                raise self.broken(_os_error(error)) from error
        return b"".join(parts)

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Blocks after decompression; `OSError` where the stream turns out damaged or cut short, `InputError` where a
        store fails on the way."""
        with self._raw() as raw:
            stream = self._decompressed(raw)
            while True:
                block, error = _filled(stream, size)
                self.consumed = self._tell()
                if block:
                    yield block
                if error is not None and self._files is not None and self._files.failed(error):
                    raise self.broken(error) from error
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
    def _raw(self, *, early_only: bool = False, buffer: int = BLOCK_BYTES) -> Iterator[pa.NativeFile]:
        """The bytes as they are; their first ones are kept in `_early`. A store is asked for `buffer` of them."""
        if self._stdin:
            self._early = self._early or self._stdin.read(HEAD_BYTES)
            rest = io.BytesIO() if early_only else self._stdin
            chain = _Chain(self._early, rest)
            self._tell = chain.tell
            yield pa.PythonFile(chain, mode="r")
            return
        with self.open() as raw:
            if not self._early:
                self._early = raw.read(_MAGIC_BYTES)
                raw.seek(0)
            self._tell = raw.tell
            yield raw if self.found is None else pa.BufferedInputStream(raw, buffer)

    def _decompressed(self, raw: pa.NativeFile) -> pa.NativeFile:
        """The stream itself, or its content where it starts like one that is compressed."""
        codec = next((name for magic, name in _MAGIC if self._early.startswith(magic)), None)
        if codec == "xz":
            return pa.PythonFile(lzma.LZMAFile(raw), mode="r")
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
    except (OSError, lzma.LZMAError, EOFError) as error:
        return b"".join(parts), _os_error(error)
    return b"".join(parts), None


def _os_error(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(str(error))


def expand(
    paths: Iterable[str], *, stdin: BinaryIO | None = None, files: Files | None = None
) -> list[Source]:
    """Sources for paths, folders (read recursively, hidden files left out) and patterns; sorted, each once.

    Addresses of cloud stores are looked for in `files`. Raises `InputError` if a path does not exist, a folder is empty
    or a pattern fits nothing.
    """
    found: dict[str, Source] = {}
    for path in paths:
        if path == STDIN:
            found.setdefault(path, Source(path, stdin=stdin or io.BytesIO()))
            continue
        if scheme(path):
            for one in _objects(path, files):
                found.setdefault(one.address, Source(one.address, found=one, files=files))
            continue
        for file in _files(path):
            found.setdefault(file, Source(file))
    if not found:
        raise InputError("nothing to read", remedy="Name a file, a folder, a pattern or - for standard input")
    return list(found.values())


def _objects(address: str, files: Files | None) -> Iterable[Found]:
    if files is None:
        raise UsageError("is the address of a store", where=address, remedy="Give a path of this machine")
    found = files.find(address)
    if not found:
        raise InputError("no such object, folder or pattern", where=address, remedy="Check the address")
    return found


def _files(path: str) -> list[str]:
    place = Path(path)
    if place.is_dir():
        inside = (f for f in place.rglob("*") if not hidden(f.relative_to(place).parts))
        files = sorted(str(f) for f in inside if f.is_file())
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


def unreadable(path: str, error: OSError) -> InputError:
    """The error for a file that cannot be opened or decompressed at all."""
    what = os.strerror(error.errno) if error.errno else str(error).split("\n")[0]
    return InputError(
        f"cannot be read: {what}", where=path, remedy="Check permissions and that it is complete"
    )
