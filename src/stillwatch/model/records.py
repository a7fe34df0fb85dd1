"""What stages see of the case store: rows that are added and never changed, payloads that only a key opens.

`store.casebook` implements it; stages receive it as an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, in which role, and when (UTC)."""

    person: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """What a payload's key belongs to: its owner (a case or partner), its kind, and the account if it is one's own."""

    owner: str
    kind: str = "case"
    account_key: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A row to add: `payload` is encrypted with the key of `scope` and stands in `sealed`."""

    row: Row
    payload: Mapping[str, Any] | None = None
    scope: Scope | None = None


class Reading(Protocol):
    """One look at the store: everything read through it is of the same moment."""

    def rows(self, table: str, **equal: Any) -> tuple[Row, ...]:
        """Rows of a table with these values, in the order they were written."""
        ...

    def payload(self, table: str, row: Row) -> dict[str, Any] | None:
        """The payload of a row; None if its key was destroyed."""
        ...

    def account_key(self, account_id: str) -> str:
        """The keyed hash that stands for an account id in this store."""
        ...


class Writing(Reading, Protocol):
    """One transaction: all of it is kept, or none. Everything written through it carries its stamp."""

    @property
    def stamp(self) -> Stamp:
        """Who writes, and when."""
        ...

    def new_id(self, prefix: str) -> str:
        """A random id that begins with `prefix`."""
        ...

    def add(self, table: str, drafts: Iterable[Draft], *, action: str) -> tuple[Row, ...]:
        """Add rows, each with an audit entry; `entry`, `key_id` and `sealed` are filled in. Returns them as written."""
        ...

    def destroy(self, key_ids: Sequence[str]) -> int:
        """Destroy keys, each with an audit entry: what they opened can never be read again. Returns how many."""
        ...

    def record(self, action: str, subject: str, digest: str) -> int:
        """Write an audit entry that covers no row, such as an export; returns its sequence number."""
        ...
