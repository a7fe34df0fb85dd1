"""Settings of a TAXII server: collections, users and limits, read from TOML."""

from __future__ import annotations

import re
import tomllib
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stillwatch.model.errors import InputError
from stillwatch.share.inbound.strict_json import Limits
from stillwatch.share.taxii.secret_hash import is_hash

ROOT = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
LEAST_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class TaxiiCollection:
    """A collection of objects."""

    id: str
    title: str
    description: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """Who may ask, what it may read and write, and the digest of its secret.

    Only a user who is the publisher (`own`) may add what the publisher says; from others it is a reflection.
    """

    name: str
    secret: str
    read: frozenset[str]
    write: frozenset[str]
    own: bool = False


@dataclass(frozen=True, slots=True)
class TaxiiSettings:
    """All settings of a server; `publisher` is in whose name it answers."""

    title: str
    publisher: str
    collections: Sequence[TaxiiCollection]
    users: Mapping[str, User]
    root: str = "api"
    description: str = ""
    contact: str = ""
    max_content_length: int = 10_000_000
    page: int = 500
    requests_per_minute: int = 600
    failures_per_minute: int = 10

    @property
    def limits(self) -> Limits:
        """Limits of a posted envelope."""
        return Limits(bytes=self.max_content_length)

    def collection(self, name: str) -> TaxiiCollection | None:
        """The collection with this id or alias."""
        return next((c for c in self.collections if name in (c.id, c.alias) and name), None)


def parse_settings(text: str, *, where: str = "taxii.toml") -> TaxiiSettings:
    """The settings in a TOML text. Raises `InputError`."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(where, f"is not TOML: {error}") from error
    known = {"title", "publisher", "root", "description", "contact", "limits", "collection", "user"}
    _only(told, known, where, "the file")
    limits = told.get("limits", {})
    if not isinstance(limits, dict):
        raise _wrong(where, "[limits] is no table")
    _only(
        limits,
        {"max_content_length", "page", "requests_per_minute", "failures_per_minute"},
        where,
        "[limits]",
    )
    collections = tuple(_collection(row, where) for row in _rows(told, "collection", where))
    if not collections:
        raise _wrong(where, "names no [[collection]]")
    ids = [name for c in collections for name in (c.id, c.alias) if name]
    if len(set(ids)) != len(ids):
        raise _wrong(where, "two collections have one id or alias")
    users = [_user(row, frozenset(c.id for c in collections), where) for row in _rows(told, "user", where)]
    if len({u.name for u in users}) != len(users):
        raise _wrong(where, "two users have one name")
    root = _text(told, "root", where, "api")
    if not ROOT.fullmatch(root) or root == "taxii2":
        raise _wrong(where, f"root {root!r} is no name of a path")
    return TaxiiSettings(
        title=_text(told, "title", where),
        publisher=_text(told, "publisher", where),
        collections=collections,
        users=MappingProxyType({u.name: u for u in users}),
        root=root,
        description=_text(told, "description", where, ""),
        contact=_text(told, "contact", where, ""),
        max_content_length=_count(limits, "max_content_length", where, 10_000_000, least=LEAST_BYTES),
        page=_count(limits, "page", where, 500),
        requests_per_minute=_count(limits, "requests_per_minute", where, 600),
        failures_per_minute=_count(limits, "failures_per_minute", where, 10),
    )


def _collection(row: Mapping[str, Any], where: str) -> TaxiiCollection:
    _only(row, {"id", "title", "description", "alias"}, where, "[[collection]]")
    name = _text(row, "id", where)
    try:
        canonical = str(uuid.UUID(name))
    except ValueError as error:
        raise _wrong(where, f"collection id {name!r} is no UUID") from error
    return TaxiiCollection(
        canonical,
        _text(row, "title", where),
        _text(row, "description", where, ""),
        _text(row, "alias", where, ""),
    )


def _user(row: Mapping[str, Any], ids: Collection[str], where: str) -> User:
    _only(row, {"name", "secret", "read", "write", "own"}, where, "[[user]]")
    name, secret = _text(row, "name", where), _text(row, "secret", where)
    if ":" in name:
        raise _wrong(where, f"user {name!r} has a colon in its name")
    if not is_hash(secret):
        raise _wrong(
            where,
            f"the secret of {name!r} is not hashed",
            "Make one with `stillwatch taxii secret`; keep it elsewhere",
        )
    rights = []
    for right in ("read", "write"):
        named = row.get(right, [])
        if not isinstance(named, list) or not set(map(str, named)) <= set(ids):
            raise _wrong(where, f"{right} of {name!r} names a collection that is not there")
        rights.append(frozenset(named))
    if not isinstance(row.get("own", False), bool):
        raise _wrong(where, f"own of {name!r} is not true or false")
    return User(name, secret, rights[0], rights[1], row.get("own", False))


def _rows(told: Mapping[str, Any], name: str, where: str) -> Sequence[Mapping[str, Any]]:
    rows = told.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _wrong(where, f"[[{name}]] is no list of tables")
    return rows


def _only(row: Mapping[str, Any], known: Collection[str], where: str, place: str) -> None:
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise _wrong(where, f"{place} has no setting {unknown[0]!r}", f"It has {', '.join(sorted(known))}")


def _text(row: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise _wrong(where, f"{name} is missing or no text")
    return value


def _count(row: Mapping[str, Any], name: str, where: str, default: int, *, least: int = 1) -> int:
    value = row.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _wrong(where, f"{name} is not a whole number from {least}")
    return value


def _wrong(where: str, what: str, remedy: str = "See docs/how-to/run-taxii.md") -> InputError:
    return InputError(what, where=where, remedy=remedy)
