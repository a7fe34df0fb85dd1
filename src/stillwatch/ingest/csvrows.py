"""CSV row by row: each row becomes an object of its columns' names and values."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Protocol

from stillwatch.ingest.lines import read_records
from stillwatch.ingest.rows import Batch, Reject, Row
from stillwatch.ingest.source import Source
from stillwatch.model.errors import InputError


class Reader(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __next__(self) -> list[str]:
        """Fields of the next row."""
        ...


_MAX_FIELD = 64 * 1024 * 1024
_MAX_HEADER = 64 * 1024
_SEPARATORS = ",;\t|"


def is_csv(head: bytes) -> bool:
    """Whether a file that starts like this may be CSV: a first line of plain names with a separator."""
    names = csv_header(head)
    return len(names) > 1 and all(name and name.replace("_", "").replace(".", "").isalnum() for name in names)


def csv_header(head: bytes) -> list[str]:
    """Names in the first line; empty if it is none of names."""
    line = head.split(b"\n", 1)[0]
    if len(line) > _MAX_HEADER or line.lstrip(b"\xef\xbb\xbf \t").startswith((b"{", b"[")):
        return []
    first = _text(line)
    try:
        rows = list(csv.reader([first], delimiter=_separator(first))) if first else []
    except csv.Error:  # binary data
        return []
    return [name.strip().strip('"') for name in rows[0]] if rows else []


def read_csv(source: Source, convert: Callable[[dict[str, str]], list[Row]], *, name: str) -> Iterator[Batch]:
    """Batches of a CSV source with a header; a damaged row becomes a reject."""
    return read_records(csv_records(source), convert, label=f"{name}:{source.name}")


def csv_records(source: Source) -> Iterator[tuple[int, bytes, dict[str, str]] | Reject]:
    """Rows as (line, the row's bytes, names and values), or as rejects.

    Raises `InputError` if there is no header.
    """
    head = source.head()
    names, first = csv_header(head), _text(head.split(b"\n", 1)[0])
    if not names:
        raise InputError(
            "no header line", where=f"{source.path}:1", remedy="The first line must name the columns"
        )
    csv.field_size_limit(_MAX_FIELD)  # the module's own limit is 128 KiB; a prompt may be larger
    with source.stream() as stream:
        reader = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        yield from _rows(csv.reader(reader, delimiter=_separator(first)), names)


def _rows(reader: Reader, names: list[str]) -> Iterator[tuple[int, bytes, dict[str, str]] | Reject]:
    next(reader, None)
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Reject(reader.line_num, f"damaged CSV: {error}"[:80])
            continue
        except OSError as error:
            yield Reject(reader.line_num + 1, f"the file breaks off: {str(error).lower()}")
            return
        if values:
            yield _record(values, names, reader.line_num)


def _record(values: list[str], names: list[str], line: int) -> tuple[int, bytes, dict[str, str]] | Reject:
    raw = "\x1f".join(values).encode("utf-8", "surrogateescape")
    if len(values) != len(names):
        return Reject(line, f"{len(values)} fields where the header has {len(names)}")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return Reject(line, "wrongly encoded: not UTF-8")
    return line, raw, dict(zip(names, values, strict=True))


def _text(line: bytes) -> str:
    return line.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").strip("\r\n")


def _separator(first: str) -> str:
    return max(_SEPARATORS, key=first.count)
