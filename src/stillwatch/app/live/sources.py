"""The threads that bring records in: each source reads, parses and puts deliveries into the queue."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from stillwatch.app.live.counts import Counts
from stillwatch.app.live.log import Log
from stillwatch.ingest.detect import Formats
from stillwatch.ingest.formats import Settings
from stillwatch.ingest.live.delivery import Delivery, Queue
from stillwatch.ingest.live.follow import BLOCK_BYTES, Follower, Mark, Piece
from stillwatch.ingest.live.otlp_http import Receiver
from stillwatch.ingest.live.records import Reader, rejected
from stillwatch.ingest.rows import Reject
from stillwatch.model.errors import InputError

FILES = "files"
_ROOM_SECONDS = 0.5
POLL_SECONDS = 0.5


class Source(Protocol):
    """Something that runs in a thread of its own until it is stopped, or has nothing more."""

    def run(self) -> None:
        """Read until stopped."""
        ...

    def stop(self) -> None:
        """Read nothing more; may be called from any thread."""
        ...


class Files:
    """Files that grow and rotate. With `drain` it ends when all is read."""

    def __init__(
        self, patterns: Sequence[str], positions: Mapping[str, Any], formats: Formats, settings: Settings, *,
        wanted: str, queue: Queue, counts: Counts, log: Log, drain: bool, block: int = BLOCK_BYTES,
    ) -> None:  # fmt: skip
        known = msgspec.convert(positions.get(FILES, []), list[Mark])
        self._follower = Follower(patterns, known, block=block)
        self._formats, self._settings, self._wanted = formats, settings, wanted
        self._queue, self._counts, self._log = queue, counts, log
        self._drain = drain
        self._readers: dict[str, Reader] = {}
        self._refused: set[str] = set()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Read what is there, then what comes."""
        try:
            while not self._stopped.is_set():
                read = 0
                for piece in self._follower.pieces(final=self._drain):
                    if not self._hand_on(piece):
                        return
                    read += 1
                if self._drain and not read:
                    return
                if not read:
                    self._stopped.wait(POLL_SECONDS)
        finally:
            self._follower.close()

    def stop(self) -> None:
        """Read nothing more."""
        self._stopped.set()

    def _hand_on(self, piece: Piece) -> bool:
        """Parse a piece and wait for room; false if stopped before there was any."""
        mark = piece.mark
        reader = self._readers.get(mark.name)
        if reader is None or reader.origin != mark.path:
            reader = Reader(mark.path, self._formats, self._settings, wanted=self._wanted)
            self._readers[mark.name] = reader
        batches = []
        try:
            batches = list(reader.lines(piece.data, first_line=piece.first_line))
        except InputError as error:
            batches.append(rejected([Reject(piece.first_line, error.what)]))
            self._refuse(mark, error)
        if piece.too_long:
            batches.append(rejected([Reject(piece.first_line, "record too long to be followed")]))
        places = {FILES: msgspec.to_builtins(self._follower.marks)}
        delivery = Delivery(mark.path, tuple(batches), len(piece.data), places)
        while not self._stopped.is_set():
            if self._queue.put(delivery, seconds=_ROOM_SECONDS):
                return True
        return False

    def _refuse(self, mark: Mark, error: InputError) -> None:
        if mark.name not in self._refused:
            self._refused.add(mark.name)
            self._counts.refused_files += 1
            self._log.error("file_refused", file=mark.path, why=error.what, remedy=error.remedy)


class Otlp:
    """The OTLP receiver as a source; it never ends by itself."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def run(self) -> None:
        """Answer requests until stopped."""
        self._receiver.serve_forever(poll_interval=0.2)
        self._receiver.server_close()

    def stop(self) -> None:
        """Take no more requests."""
        threading.Thread(target=self._receiver.shutdown, daemon=True).start()
