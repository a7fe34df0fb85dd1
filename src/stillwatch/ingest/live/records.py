"""Whole lines of a live source to batches of exchanges, in whichever format the source is."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pyarrow as pa

from stillwatch.ingest.csvrows import is_csv
from stillwatch.ingest.detect import AUTO, Formats, choose
from stillwatch.ingest.formats import LogFormat, Settings
from stillwatch.ingest.live.otlp_binary import decode
from stillwatch.ingest.otlp import Otlp
from stillwatch.ingest.rows import WIDE, Batch, Reject
from stillwatch.ingest.source import piece
from stillwatch.ingest.tabular import PARQUET
from stillwatch.model.errors import InputError

_EXPORT_FIELDS = b"\x0a"  # the first byte of an OTLP export in protobuf: field 1, a message


class Reader:
    """Reads lines of one source; its format is found from the first ones."""

    def __init__(self, origin: str, formats: Formats, settings: Settings, *, wanted: str = AUTO) -> None:
        self.origin = origin
        self.format = ""
        self._formats, self._settings, self._wanted = formats, settings, wanted
        self._reader: LogFormat | None = None

    def lines(self, data: bytes, *, first_line: int) -> tuple[Batch, ...]:
        """Batches of these whole lines.

        Raises `InputError` for a format that is not known or has no records of one line.
        """
        if not data.strip():
            return ()
        source = piece(data, self.origin, first_line=first_line)
        if self._reader is None:
            if data.startswith(PARQUET) or is_csv(data[:4096]):
                raise InputError(
                    "only lines of JSON can be followed: a record of CSV or Parquet may span lines",
                    where=self.origin,
                    remedy="Read finished files of this kind with `stillwatch ingest`",
                )
            self.format, self._reader = choose(source, self._formats, self._settings, wanted=self._wanted)
            source = piece(data, self.origin, first_line=first_line)
        return tuple(self._reader.read(source))

    def messages(self, values: Iterable[bytes], *, first: int) -> tuple[Batch, ...]:
        """Batches of messages, each one record in JSON, or an OTLP export in protobuf; numbered from `first`."""
        binary = self._wanted in (AUTO, "otlp") and self.format in ("", "otlp")
        lines: list[bytes] = []
        batches: list[Batch] = []
        for number, value in enumerate(values, start=first):
            if binary and value.startswith(_EXPORT_FIELDS):
                batches.append(self._export(value, number))
                value = b""
            lines.append(_one_line(value))
        return (*batches, *self.lines(b"\n".join(lines) + b"\n", first_line=first))

    def _export(self, value: bytes, number: int) -> Batch:
        try:
            export = decode(value)
        except InputError as error:
            return rejected([Reject(number, error.what)])
        return Otlp(self._settings).read_export(export, value, label=f"otlp:{self.origin}")


def rejected(rejects: list[Reject]) -> Batch:
    """A batch of nothing but rejects."""
    return Batch(pa.RecordBatch.from_pylist([], schema=WIDE), [], [], rejects)


def _one_line(value: bytes) -> bytes:
    """JSON without line ends; what is damaged goes on as it is, to be rejected."""
    if b"\n" not in value:
        return value
    try:
        return msgspec.json.format(value, indent=-1)
    except msgspec.DecodeError:
        return value.replace(b"\n", b" ")
