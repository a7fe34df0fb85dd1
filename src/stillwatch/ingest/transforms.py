"""Named transforms of a column mapping: one value in, one value out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from stillwatch.ingest.coerce import digest, embedded, moment, real, text
from stillwatch.ingest.headers import address

Transform = Callable[[Any], Any]


def _epoch(per_second: float) -> Transform:
    def transform(value: Any) -> int | None:
        number = real(value)
        return None if number is None else round(number * 1e6 / per_second)

    return transform


def _of_text(function: Callable[[str], Any]) -> Transform:
    def transform(value: Any) -> Any:
        given = text(value)
        return None if given is None else function(given)

    return transform


def email_domain(value: str) -> str | None:
    """Part after the last `@`, in lower case."""
    return value.rpartition("@")[2].strip().lower() or None


def email_pattern(value: str) -> str | None:
    """Local part with letters as `a` and digits as `0`.

    >>> email_pattern("Jo.Doe+7@example.org")
    'aa.aaa+0'
    """
    local = value.rpartition("@")[0].strip()
    return "".join("0" if c.isdigit() else "a" if c.isalpha() else c for c in local) or None


def _normal_digest(value: str) -> str:
    return digest(value.strip().lower())


def _seconds(value: Any) -> int | None:
    number = real(value)
    return None if number is None else round(1000 * number)


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "epoch_s": _epoch(1),
        "epoch_ms": _epoch(1e3),
        "epoch_us": _epoch(1e6),
        "epoch_ns": _epoch(1e9),
        "time": moment,
        "lower": _of_text(str.lower),
        "digest": _of_text(_normal_digest),
        "sha256": _of_text(lambda value: hashlib.sha256(value.encode()).hexdigest()),
        "email_domain": _of_text(email_domain),
        "email_pattern": _of_text(email_pattern),
        "seconds_to_ms": _seconds,
        "json": embedded,
        "comma_list": _of_text(lambda value: [part.strip() for part in value.split(",") if part.strip()]),
        "address": address,
    }
)
