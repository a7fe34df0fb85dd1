"""The secret half of intersections under way: one file of mode 0600 per session, deleted when it ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from stillwatch.model.errors import RefusedError, ResourceError
from stillwatch.model.typed import ready

T = TypeVar("T")


class Sessions:
    """A folder of session files. Blinds, keys and our own values stand in them and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, session: str, state: msgspec.Struct) -> None:
        """Write the state of a session, whole or not at all."""
        part = self._folder / f".{session}.{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.msgpack.encode(state))
            part.replace(self._path(session))
        except OSError as error:
            part.unlink(missing_ok=True)
            raise ResourceError(
                f"cannot keep a session: {error.strerror}",
                where=str(self._folder),
                remedy="Free space, or make it writable",
            ) from error

    def load(self, session: str, kind: type[T]) -> T:
        """The state of a session. Raises `RefusedError` (`contradictory`) if there is none."""
        try:
            return msgspec.msgpack.decode(self._path(session).read_bytes(), type=ready(kind))
        except (FileNotFoundError, msgspec.DecodeError) as error:
            raise RefusedError("contradictory", "no such intersection is under way here") from error

    def drop(self, session: str) -> None:
        """Forget a session."""
        self._path(session).unlink(missing_ok=True)

    def drop_older(self, before: float) -> int:
        """Forget sessions untouched since `before` (seconds since 1970); returns how many."""
        old = [path for path in self._folder.glob("*.session") if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, session: str) -> Path:
        if not session.isalnum():
            raise RefusedError("malformed", "no session is called so")
        return self._folder / f"{session}.session"
