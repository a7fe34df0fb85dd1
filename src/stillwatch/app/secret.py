"""The key file: 32 random bytes that key every derived hash, readable by its owner alone."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from contextlib import suppress
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
    return HashKey.from_bytes(
        read_secret(
            path,
            remedy="Give another --key-file, or one that is not there, which is made; a new key starts a new state",
        )
    )


def read_secret(path: Path, *, remedy: str) -> bytes:
    """The bytes of a key file, made with mode 0600 if it is not there; `remedy` is for a file of another length.

    Raises `StateError` if the file has another length or others may read it.
    """
    _make(path, secrets.token_bytes(_BYTES))
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        secret = path.read_bytes()
    except OSError as error:
        raise ResourceError("cannot be read", where=str(path), remedy="Check its permissions") from error
    if len(secret) != _BYTES:
        raise StateError(
            f"a key file holds {_BYTES} bytes as they are, this one holds {len(secret)}",
            where=str(path),
            remedy=remedy,
        )
    if mode & 0o077:
        raise StateError(
            f"others may read the key (mode {mode:04o})", where=str(path), remedy=f"chmod 600 {path}"
        )
    return secret


def keep_known_key(path: Path, phrase: str) -> None:
    """Make the key of a phrase unless there is a file, for what is to come out the same everywhere.

    It keeps no secret: whoever knows the phrase has the key.
    """
    _make(path, hashlib.blake2b(phrase.encode(), digest_size=_BYTES, person=b"sw-known-key").digest())


def fingerprint(key: HashKey) -> str:
    """Digest that tells two keys apart and tells nothing about them."""
    secret = f"{key.k0}:{key.k1}".encode()
    return hashlib.blake2b(secret, digest_size=8, person=b"sw-key-digest").hexdigest()


def _make(path: Path, secret: bytes) -> None:
    """Make the file unless it is there: written beside and linked, so that nobody sees it half written."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secret)
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    except OSError as error:
        raise ResourceError(
            "cannot make a key file", where=str(path), remedy="Give a writable place with --key-file"
        ) from error
