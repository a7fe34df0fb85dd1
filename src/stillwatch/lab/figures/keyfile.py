"""A hash key for measurements: no secret, since it keys simulated accounts; a figure comes out the same again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from stillwatch.model.errors import ResourceError


def measuring_key(folder: Path, seed: int) -> Path:
    """A key file that depends on the seed alone; readable by its owner, as scans demand."""
    path = folder / f"hash-{seed}.key"
    secret = hashlib.blake2b(f"stillwatch measurement {seed}".encode(), digest_size=32).digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secret)
    except OSError as error:
        raise ResourceError(
            f"cannot write: {error}", where=str(path), remedy="Free space or name a folder"
        ) from error
    return path
