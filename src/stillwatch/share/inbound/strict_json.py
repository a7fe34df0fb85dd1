"""JSON from strangers: size, depth, doubled names and false numbers are refused before anything is built on it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from stillwatch.model.errors import InputError

# Strings and brackets. A string that never ends runs to the end of the text: a pattern that failed there would try
# again at every quote in it, which takes days for ten megabytes.
TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # an escape that is half a character, and needs the other half


@dataclass(frozen=True, slots=True)
class Limits:
    """What a message may be at most."""

    bytes: int = 10_000_000
    depth: int = 24
    objects: int = 50_000
    references: int = 20_000
    text: int = 500_000


class RefusedError(InputError):
    """A message from outside that was not taken; `code` names the reason for programs."""

    def __init__(self, code: str, what: str, *, where: str = "") -> None:
        super().__init__(what, where=where, remedy="Nothing of it was kept; tell the sender")
        self.code = code


def read_json(data: bytes, limits: Limits) -> Any:
    """The value that the bytes hold. Raises `RefusedError`."""
    if len(data) > limits.bytes:
        raise RefusedError("oversized", f"holds {len(data):,} bytes, {limits.bytes:,} are allowed")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("malformed", f"is not UTF-8 at byte {error.start}") from error
    if _depth(text) > limits.depth:
        raise RefusedError("too deep", f"is nested deeper than {limits.depth}")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_none_such, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise RefusedError("malformed", f"is not JSON: {str(error)[:200]}") from error
    if HALF.search(text):
        _refuse_halves(value)
    return value


def _refuse_halves(value: Any) -> None:
    """Raises `RefusedError` for half a character: no file, address or terminal can hold it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RefusedError("malformed", "a text holds half a character") from error


def _depth(text: str) -> int:
    """How deep brackets are nested outside strings."""
    deepest = now = 0
    for token in TOKENS.finditer(text):
        if token[0] in ("[", "{"):
            now += 1
            deepest = max(deepest, now)
        elif token[0] in ("]", "}"):
            now -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedError("contradictory", "an object has one name twice")
    return found


def _none_such(word: str) -> Any:
    raise RefusedError("malformed", f"{word} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise RefusedError("malformed", "a number is too large")
    return number
