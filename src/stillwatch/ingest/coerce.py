"""Values of JSON records as the types of our columns; what does not fit becomes null or an error with a
reason.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from stillwatch.model.errors import InputError

LARGEST = 2**63
_SORTED = msgspec.json.Encoder(order="sorted")


def text(value: Any) -> str | None:
    """A string that says something, or null; numbers are written out."""
    if type(value) is str:
        return value or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def whole(value: Any) -> int | None:
    """An integer, or null where the value is none or is not a number.

    Raises `InputError` for a number too large to be a count.
    """
    if type(value) is int:
        number = value
    elif isinstance(value, float):
        number = int(value) if abs(value) < LARGEST else LARGEST
    elif isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 32:
        number = int(value)
    else:
        return None
    if -LARGEST <= number < LARGEST:
        return number
    raise InputError("number too large")


def parameter(value: Any) -> int | None:
    """An integer that the client chose freely: null where it would not fit 32 bits."""
    if type(value) is int or isinstance(value, float):
        return int(value) if abs(value) < 2**31 else None
    return whole(value) if isinstance(value, str) and len(value) < 10 else None


def real(value: Any) -> float | None:
    """A float, or null."""
    if type(value) is float:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < LARGEST else None
    if isinstance(value, str) and len(value) < 32:
        try:
            return float(value)
        except ValueError:
            return None
    return None


def flag(value: Any) -> bool | None:
    """A boolean, or null; a number counts as true unless it is 0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return None


def moment(value: Any) -> int | None:
    """Microseconds since 1970 UTC, from ISO 8601 text or from epoch seconds, milli-, micro- or nanoseconds.

    Numbers are told apart by size (a count of seconds has ten digits today). Text without a zone is UTC.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(value)
    if not isinstance(value, str) or not value:
        return None
    if len(value) < 32 and "-" not in value and value.replace(".", "", 1).isdecimal():
        return _from_number(int(value) if value.isdecimal() else float(value))
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise InputError("time is not ISO 8601 or an epoch number") from error
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return round(parsed.timestamp() * 1e6)


def _from_number(value: float) -> int | None:
    size = abs(value)
    if size < 1e11:
        return round(value * 1e6)
    if size < 1e14:
        return round(value * 1e3)
    if size < 1e17:
        return round(value)
    return int(value // 1000) if size < 1e20 else None


def elapsed_ms(start: int | None, end: int | None) -> int | None:
    """Milliseconds between two moments in microseconds; null where one is missing or the clock went back."""
    return None if start is None or end is None or end < start else (end - start + 500) // 1000


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, or an empty one; text that holds a JSON object is read."""
    if type(value) is dict:
        return value
    if isinstance(value, str) and value[:1] == "{":
        inner = embedded(value)
        return inner if isinstance(inner, dict) else {}
    return {}


def sequence(value: Any) -> list[Any]:
    """The value if it is a list, or an empty one; text that holds a JSON list is read."""
    if type(value) is list:
        return value
    if isinstance(value, str) and value[:1] == "[":
        inner = embedded(value)
        return inner if isinstance(inner, list) else []
    return []


def embedded(value: Any) -> Any:
    """JSON inside a string; the string itself where it is not JSON; any other value unchanged."""
    if not isinstance(value, str) or value[:1] not in ("{", "[", '"'):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value


def strings(value: Any) -> list[tuple[str, str]] | None:
    """Pairs of a metadata object whose values are scalars, or null."""
    if not isinstance(value, dict):
        return None
    pairs = []
    for key, item in value.items():
        if isinstance(item, bool):
            pairs.append((str(key), "true" if item else "false"))
        elif isinstance(item, (str, int, float)):
            pairs.append((str(key), str(item)))
    return pairs or None


def canonical(value: Any) -> str:
    """JSON text with sorted keys: equal objects give equal text."""
    return _SORTED.encode(value).decode()


def digest(value: str | bytes) -> str:
    """Sixteen hexadecimal digits of BLAKE2b: names a value without holding it."""
    data = value.encode() if isinstance(value, str) else value
    return hashlib.blake2b(data, digest_size=8).hexdigest()
