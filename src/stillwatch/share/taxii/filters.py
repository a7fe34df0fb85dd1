"""Filters and paging of TAXII 2.1 as values, read from the query of a request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stillwatch.share.inbound.judge import moment
from stillwatch.share.inbound.strict_json import RefusedError
from stillwatch.share.taxii.http import HttpError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_VALUES = 1_000
MATCHES = ("id", "type", "version", "spec_version")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; times are microseconds since 1970. No version asked for means the last of each object."""

    added_after: int | None = None
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    spec_versions: tuple[str, ...] = ()
    every_version: bool = False
    first: bool = False
    last: bool = True
    versions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Filters, how many rows at most, and after which row."""

    filters: Filters
    limit: int
    after: int
    digest: str


def read_page(query: Sequence[tuple[str, str]], *, most: int, allowed: Sequence[str] = MATCHES) -> Page:
    """The page that a query asks for. Raises `HttpError` 400 for one that cannot be understood."""
    told = dict(query)
    if len(told) != len(query):
        raise HttpError(400, "A parameter stands in the query twice")
    unknown = [n for n in told if n.startswith("match[") and n not in {f"match[{m}]" for m in allowed}]
    if unknown:
        raise HttpError(400, f"There is no filter {unknown[0][:60]}")
    versions = _values(told, "version") if "version" in allowed else ()
    named = tuple(_microseconds(v) for v in versions if v not in ("first", "last", "all"))
    filters = Filters(
        added_after=_microseconds(told["added_after"]) if "added_after" in told else None,
        ids=_values(told, "id"),
        types=_values(told, "type"),
        spec_versions=_values(told, "spec_version"),
        every_version="all" in versions,
        first="first" in versions,
        last="last" in versions or not versions,
        versions=named,
    )
    digest = _digest([pair for pair in query if pair[0] not in ("limit", "next")])
    return Page(filters, _limit(told.get("limit"), most), _after(told.get("next"), digest), digest)


def next_token(page: Page, seq: int) -> str:
    """What a client sends back to go on after a row."""
    return base64.urlsafe_b64encode(json.dumps([seq, page.digest]).encode()).decode().rstrip("=")


def in_microseconds(at: datetime) -> int:
    """A time as whole microseconds since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def as_text(microseconds: int) -> str:
    """Microseconds since 1970 as a timestamp of six digits."""
    return (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _values(told: dict[str, str], name: str) -> tuple[str, ...]:
    values = tuple(v for v in told.get(f"match[{name}]", "").split(",") if v)
    if len(values) > MOST_VALUES:
        raise HttpError(400, f"match[{name}] names more than {MOST_VALUES} values")
    return values


def _microseconds(text: str) -> int:
    try:
        return in_microseconds(moment(text))
    except RefusedError as error:
        raise HttpError(400, "A time is not written like 2026-03-01T00:00:00.000Z") from error


def _limit(text: str | None, most: int) -> int:
    if text is None:
        return most
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < 1:
        raise HttpError(400, "limit is no whole number from 1")
    return min(int(text), most)


def _after(token: str | None, digest: str) -> int:
    if token is None:
        return 0
    try:
        seq, asked = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise HttpError(400, "next is no token of this server") from error
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < 2**63 or asked != digest:
        raise HttpError(400, "next belongs to another query")
    return seq


def _digest(pairs: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256(json.dumps(sorted(pairs)).encode()).hexdigest()[:16]
