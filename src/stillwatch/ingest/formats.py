"""What a log format is: a class with `read`, and `sniff` where it knows its own files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import msgspec

from stillwatch.ingest.coerce import text
from stillwatch.ingest.rows import Batch
from stillwatch.ingest.source import Source


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose: `account` is a path in the record, `mapping` a parsed TOML column mapping."""

    account: str | None = None
    mapping: Mapping[str, Any] | None = None


class LogFormat(Protocol):
    """A format is made with `Settings` and reads sources."""

    def read(self, source: Source) -> Iterator[Batch]:
        """Batches of exchanges and rejects; raises `InputError` only if the whole source is unusable."""
        ...


@runtime_checkable
class Sniffs(Protocol):
    """A format that recognises its own files."""

    def sniff(self, head: bytes) -> float:
        """How sure it is, from 0 to 1, that a file with these first bytes is its own."""
        ...


def chosen_account(line: bytes, path: str | None) -> str | None:
    """The account id that `--account` points at in a JSON line; null without a path or a value."""
    return text(lookup(msgspec.json.decode(line), path)) if path else None


def lookup(record: Any, path: str) -> Any:
    """The value at a dotted path; names may contain dots, lists of name–value pairs are searched by name.

    >>> lookup({"metadata": {"user.id": "u1"}}, "metadata.user.id")
    'u1'
    >>> lookup({"headers": [["X-Tenant", "t1"]]}, "headers.x-tenant")
    't1'
    """
    if isinstance(record, list):
        return _in_list(record, path)
    if not isinstance(record, dict):
        return None
    if path in record:
        return record[path]
    at = path.find(".")
    while at > 0:
        if path[:at] in record:
            found = lookup(record[path[:at]], path[at + 1 :])
            if found is not None:
                return found
        at = path.find(".", at + 1)
    lowered = path.lower()
    return next((v for k, v in record.items() if isinstance(k, str) and k.lower() == lowered), None)


def _in_list(items: list[Any], path: str) -> Any:
    lowered = path.lower()
    for item in items:
        if isinstance(item, list) and len(item) == 2 and str(item[0]).lower() == lowered:
            return item[1]
    number, _, rest = path.partition(".")
    if number.isdecimal() and int(number) < len(items):
        return lookup(items[int(number)], rest) if rest else items[int(number)]
    return None
