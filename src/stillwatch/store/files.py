"""One text file, written so that a reader sees the old one or the new one and never half of it."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from stillwatch.model.errors import ResourceError


def replace_text(path: Path, text: str) -> Path:
    """Write a file beside and put it in the place of `path`; returns `path`.

    Raises `ResourceError` if it cannot be written; what was there before stays.
    """
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ResourceError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            remedy="Choose another place, or free space; what was there before is untouched",
        ) from error
    return path
