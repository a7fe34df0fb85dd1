"""Requests and responses of TAXII as values; sockets are somebody else's business."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

MEDIA = "application/taxii+json;version=2.1"
STIX_MEDIA = "application/stix+json;version=2.1"
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """A request; names of headers are in small letters."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)
    body: bytes = b""
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A response."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)


class HttpError(Exception):
    """A request that is answered with an error; `status` is the HTTP status."""

    def __init__(self, status: int, title: str, *, headers: Mapping[str, str] = _NONE) -> None:
        self.status = status
        self.title = title
        self.headers = headers
        super().__init__(title)


def answer(value: Any, *, status: int = 200, headers: Mapping[str, str] = _NONE) -> Response:
    """A value as a TAXII response."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(status, body, {"content-type": MEDIA, **headers})


def error_answer(error: HttpError) -> Response:
    """A TAXII error message."""
    value = {"title": error.title, "http_status": str(error.status)}
    return answer(value, status=error.status, headers=error.headers)


def accepts_taxii(accept: str) -> bool:
    """Whether a client that sends this `Accept` can read TAXII 2.1.

    >>> accepts_taxii("application/taxii+json"), accepts_taxii("application/taxii+json;version=2.0")
    (True, False)
    """
    return any(_matches(part) for part in accept.split(","))


def is_taxii(content_type: str) -> bool:
    """Whether a message of this `Content-Type` is one of TAXII 2.1."""
    media, parameters = _parsed(content_type)
    return media == "application/taxii+json" and parameters.get("version", "2.1") == "2.1"


def _matches(part: str) -> bool:
    media, parameters = _parsed(part)
    if parameters.get("q", "1") in ("0", "0.0"):
        return False
    return media in ("*/*", "application/*") or is_taxii(part)


def _parsed(part: str) -> tuple[str, Mapping[str, str]]:
    media, *rest = (piece.strip().lower() for piece in part.split(";"))
    pairs = (piece.partition("=") for piece in rest)
    return media, {name.strip(): value.strip().strip('"') for name, _, value in pairs}
