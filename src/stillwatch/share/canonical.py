"""Canonical JSON: one value, one sequence of bytes, so that a signature covers what is read and nothing else."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec

from stillwatch.model.errors import RefusedError
from stillwatch.model.typed import ready

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """Bytes of a record: keys sorted, no white space, integers only (no record of ours has a fraction).

    >>> encode({"b": 1, "a": [True, None, "é"]}).decode()
    '{"a":[true,null,"é"],"b":1}'
    """
    return msgspec.json.encode(value, order="sorted")


def decode(data: bytes, kind: type[T], *, limit: int, what: str = "message") -> T:
    """The record that `data` holds, if `data` is exactly what `encode` would have written.

    Raises `RefusedError`: `oversized` above `limit` bytes, `malformed` for anything that is not this record,
    unknown and repeated fields, white space and other spellings included.
    """
    if len(data) > limit:
        raise RefusedError("oversized", f"a {what} of {len(data)} bytes; {limit} are allowed")
    try:
        record = msgspec.json.decode(data, type=ready(kind))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError("malformed", f"not a {what}: {_shape(error)}") from error
    if encode(record) != data:
        raise RefusedError("malformed", f"not in canonical form, so its signature could mean another {what}")
    return record


def digest(value: Any) -> str:
    """SHA-256 over the canonical bytes of a record, as 64 hexadecimal digits."""
    return hashlib.sha256(encode(value)).hexdigest()


def _shape(error: Exception) -> str:
    """What is wrong, without what stood there: a refusal is logged, and a value may be an indicator."""
    if isinstance(error, msgspec.ValidationError):
        text = str(error)
        place = text.rsplit(" - at `", 1)
        return f"wrong type or limit at {place[1].rstrip('`')}" if len(place) == 2 else "wrong type or limit"
    return "not JSON"
