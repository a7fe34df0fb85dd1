"""Line by line through a source, with bounded memory: each line becomes rows, or a reject with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from stillwatch.ingest.coerce import digest
from stillwatch.ingest.rows import Batch, Reject, Row, build
from stillwatch.ingest.source import Source
from stillwatch.model.errors import InputError

MAX_LINE_BYTES = 256 * 1024 * 1024
BATCH_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError)

T = TypeVar("T")
Converted = Sequence[Row | Reject]


def read_lines(source: Source, convert: Callable[[bytes], Converted], *, name: str) -> Iterator[Batch]:
    """Batches of a source with one record a line.

    `convert` turns a line into rows: none for a record that is no exchange, several for a batch upload,
    rejects for damaged parts. It raises `InputError` or a decoding error for a damaged one, which becomes a
    reject.
    """
    records = (
        line if isinstance(line, Reject) else (number, line, line) for number, line in numbered(source)
    )
    return read_records(records, convert, label=f"{name}:{source.name}")


def read_records(
    records: Iterable[tuple[int, bytes, T] | Reject], convert: Callable[[T], Converted], *, label: str
) -> Iterator[Batch]:
    """Batches of records given as (line, bytes to digest, what `convert` takes), or as rejects."""
    pending = _Pending()
    for record in records:
        if isinstance(record, Reject):
            pending.rejects.append(record)
            continue
        number, raw, content = record
        try:
            pending.add(number, raw, convert(content))
        except _BROKEN as error:
            pending.rejects.append(Reject(number, reason(error), digest(raw)))
        if pending.size >= BATCH_BYTES:
            yield pending.batch(label)
            pending = _Pending()
    yield pending.batch(label)


class _Pending:
    """Rows and rejects that wait to become a batch."""

    def __init__(self) -> None:
        self.size = 0
        self.skipped = 0
        self.rows: list[Row] = []
        self.lines: list[int] = []
        self.records: list[bytes] = []
        self.rejects: list[Reject] = []

    def add(self, number: int, raw: bytes, converted: Converted) -> None:
        self.size += len(raw)
        self.skipped += not converted
        for one in converted:
            if isinstance(one, Row):
                self.rows.append(one)
                self.lines.append(number)
                self.records.append(raw)
            else:
                self.rejects.append(Reject(number, one.reason, one.digest))

    def batch(self, label: str) -> Batch:
        exchanges = build(self.rows, source=label)
        return Batch(exchanges, self.lines, self.records, self.rejects, self.skipped)


def reason(error: Exception) -> str:
    """Why a record is damaged, in words that hold none of its content."""
    if isinstance(error, InputError):
        return error.what
    if isinstance(error, UnicodeDecodeError):
        return "wrongly encoded: not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, msgspec.ValidationError):
        return f"unexpected record: {error}"[:120]
    return "truncated JSON" if "truncated" in str(error) else "damaged JSON"


def numbered(source: Source) -> Iterator[tuple[int, bytes | Reject]]:
    """Lines that hold something, with their numbers; one too long, or a stream that breaks, as a reject."""
    for number, line in enumerate(_split(source), start=source.first_line):
        if isinstance(line, str):
            yield number, Reject(number, line)
        elif line and not line.isspace():
            yield number, line


def _split(source: Source) -> Iterator[bytes | str]:
    """Lines without their ends; text is the reason why there is none."""
    parts: list[bytes] = []
    held, first = 0, True
    try:
        for block in source.blocks():
            head, *rest = (block.removeprefix(_BOM) if first else block).split(b"\n")
            first = False
            held += len(head)
            if held <= MAX_LINE_BYTES:
                parts.append(head)
            if rest:
                yield _joined(parts, held)
                yield from rest[:-1]
                parts, held = [rest[-1]], len(rest[-1])
    except OSError as error:
        yield f"the file breaks off: {str(error).split(chr(10))[0].lower()}"
        return
    if held:
        yield _joined(parts, held)


def _joined(parts: list[bytes], held: int) -> bytes | str:
    if held > MAX_LINE_BYTES:
        return f"record larger than {MAX_LINE_BYTES >> 20} MiB"
    return parts[0] if len(parts) == 1 else b"".join(parts)


def objects(head: bytes, *, limit: int = 20) -> list[dict[str, Any]]:
    """The JSON objects on the first whole lines of a file's head; damaged lines are passed over."""
    found: list[dict[str, Any]] = []
    for line in head.removeprefix(_BOM).split(b"\n")[: 5 * limit]:
        try:
            value = msgspec.json.decode(line)
        except _BROKEN:
            continue
        values = value if isinstance(value, list) else [value]
        found += [v for v in values if isinstance(v, dict)]
        if len(found) >= limit:
            break
    return found
