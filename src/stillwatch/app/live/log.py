"""The log of a service: one JSON object a line, with the event and its fields; never text of a request."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from typing import Any, TextIO


class Log:
    """Writes events to a stream, by default stderr; threads may share it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()

    def info(self, event: str, **fields: Any) -> None:
        """Something happened that is meant to."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something happened that somebody may want to look into."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Something failed."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event}
        text = json.dumps({**line, **fields}, default=str, ensure_ascii=False)
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()
