"""Digests of rows and the chain of entries over them: what is hashed, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

COVERED = (
    "sequence",
    "at",
    "person",
    "role",
    "action",
    "subject_table",
    "subject",
    "digest",
    "previous",
)  # what an entry's hash is made of


def row_digest(table: str, row: Mapping[str, Any]) -> str:
    """SHA-256 of a row of a table: its columns that are not null, by name.

    >>> row_digest("notes", {"a": 1, "b": None}) == row_digest("notes", {"a": 1})
    True
    """
    return _digest([table, {name: _plain(v) for name, v in row.items() if v is not None}])


def entry_hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 of an audit entry without its hash and seal."""
    return _digest([_plain(entry[name]) for name in COVERED])


def beginning(store_id: str) -> str:
    """What the first entry of a store names as the hash before it."""
    return _digest(["stillwatch case store", store_id])


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value as JSON can hold it, so that no two differ in type alone."""
    if isinstance(value, datetime):
        return ["time", value.isoformat(timespec="microseconds")]
    if isinstance(value, bytes | memoryview):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, float):
        return ["real", repr(value)]
    return value
