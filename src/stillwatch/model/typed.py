"""Types that records are read as, laid out by one thread before several read."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from functools import cache
from typing import TypeVar, cast

import msgspec

T = TypeVar("T")

_ONE_AT_A_TIME = threading.Lock()


def ready(kind: type[T]) -> type[T]:
    """The type itself, safe to decode or convert to in any thread.

    msgspec (0.22.0, also with CPython's interpreter lock) works out the fields of a type when it is first read as, and
    a second thread that comes then reads a table half filled, which ends the process.
    """
    with _ONE_AT_A_TIME:
        _laid_out(cast("Hashable", kind))
    return kind


@cache
def _laid_out(kind: Hashable) -> None:
    msgspec.json.Decoder(kind)
