"""The key file: 32 random bytes that key every derived hash, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from stillwatch.model.errors import ResourceError, StateError
from stillwatch.model.kernels.hashing import HashKey

_BYTES = 32


def default_key_file() -> Path:
    """Where the key lives unless the user says otherwise: the user's data folder."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "stillwatch" / "hash.key"


def read_key(path: Path) -> HashKey:
    """The key of a file, made with mode 0600 if it is not there.

    Raises `StateError` if the file has another length or others may read it.
    """
    if not path.exists():
        _make(path)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        secret = path.read_bytes()
    except OSError as error:
        raise ResourceError("cannot be read", where=str(path), remedy="Check its permissions") from error
    if len(secret) != _BYTES:
        raise StateError(
            f"a key file holds {_BYTES} bytes, this one holds {len(secret)}",
            where=str(path),
            remedy="Give another --key-file; a new key starts a new state",
        )
    if mode & 0o077:
        raise StateError(
            f"others may read the key (mode {mode:04o})", where=str(path), remedy=f"chmod 600 {path}"
        )
    return HashKey.from_bytes(secret)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
    except FileExistsError:
        return
    except OSError as error:
        raise ResourceError(
            "cannot make a key file", where=str(path), remedy="Give a writable place with --key-file"
        ) from error
