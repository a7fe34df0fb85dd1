"""A TAXII 2.1 client over whatever sends a request: it follows pages, and believes a server only so far."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from stillwatch.model.errors import InputError
from stillwatch.share.inbound.strict_json import Limits, RefusedError, read_json
from stillwatch.share.taxii.http import MEDIA, Response, is_taxii

Send = Callable[[str, str, Mapping[str, str], bytes], Response]  # method, URL, headers, body
MOST_PAGES = 10_000
SAID = 300  # characters of a server's own words that are passed on
ENVELOPE = 200  # bytes around objects


@dataclass(frozen=True, slots=True)
class Pulled:
    """Objects of a collection, and when the last of them was added there; empty if nothing came."""

    objects: Sequence[Any]
    last_added: str


class TaxiiClient:
    """Speaks to one server, in the name of one user."""

    def __init__(self, send: Send, url: str, user: str, secret: str, *, limits: Limits | None = None) -> None:
        self._send = send
        self._url = url if url.endswith("/") else f"{url}/"
        self._login = base64.b64encode(f"{user}:{secret}".encode()).decode()
        self._limits = limits or Limits()

    def discovery(self) -> Mapping[str, Any]:
        """What the server says of itself."""
        return self._get(self._url)[0]

    def roots(self) -> Sequence[str]:
        """Addresses of its API roots, the default one first. Raises `InputError` if one is on another server."""
        told = self.discovery()
        named = [told.get("default"), *(told.get("api_roots") or ())]
        found = list(dict.fromkeys(urljoin(self._url, r) for r in named if isinstance(r, str)))
        if not found:
            raise _wrong(self._url, "names no API root")
        strange = [r for r in found if _origin(r) != _origin(self._url)]
        if strange:
            raise _wrong(self._url, f"names an API root on another server, {strange[0][:SAID]}")
        return [r if r.endswith("/") else f"{r}/" for r in found]

    def collections(self, root: str) -> Sequence[Mapping[str, Any]]:
        """Collections of an API root."""
        found = self._get(urljoin(root, "collections/"))[0].get("collections", [])
        if not isinstance(found, list) or not all(isinstance(c, dict) and "id" in c for c in found):
            raise _wrong(root, "lists collections that are none")
        return found

    def pull(self, root: str, collection: str, *, added_after: str = "", page: int = 500) -> Pulled:
        """All objects of a collection that were added after a time.

        Raises `RefusedError` if the pages never end or hold more than the limits allow.
        """
        objects: list[Any] = []
        last = added_after
        for told, headers in self._pages(root, collection, added_after, page):
            found = told.get("objects", [])
            if not isinstance(found, list):
                raise RefusedError("malformed", "a page holds no list of objects", where=root)
            objects += found
            if len(objects) > self._limits.objects:
                raise RefusedError(
                    "oversized", f"holds more than {self._limits.objects:,} objects", where=root
                )
            last = headers.get("x-taxii-date-added-last", last)
        return Pulled(objects, last)

    def push(
        self, root: str, collection: str, objects: Sequence[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]]:
        """Add objects to a collection, in as many messages as the server's limit asks for; returns the statuses."""
        most = self._get(root)[0].get("max_content_length", self._limits.bytes)
        size = most if isinstance(most, int) and most > 0 else self._limits.bytes
        url = urljoin(root, f"collections/{quote(collection, safe='')}/objects/")
        statuses = []
        for part in _parts(objects, size - ENVELOPE):
            body = json.dumps({"objects": part}, separators=(",", ":")).encode()
            statuses.append(self._ask("POST", url, body)[0])
        return statuses

    def status(self, root: str, status_id: str) -> Mapping[str, Any]:
        """What became of a message."""
        return self._get(urljoin(root, f"status/{quote(status_id, safe='')}/"))[0]

    def _pages(
        self, root: str, collection: str, added_after: str, page: int
    ) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
        url = urljoin(root, f"collections/{quote(collection, safe='')}/objects/")
        asked = {"limit": str(page), "match[version]": "all"} | (
            {"added_after": added_after} if added_after else {}
        )
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            told, headers = self._get(f"{url}?{urlencode(asked)}")
            yield told, headers
            if told.get("more") is not True:
                return
            token = told.get("next")
            if not isinstance(token, str) or token in seen:
                raise RefusedError("self-referring", "pages lead in a circle", where=url)
            seen.add(token)
            asked["next"] = token
        raise RefusedError("oversized", f"has more than {MOST_PAGES:,} pages", where=url)

    def _get(self, url: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        return self._ask("GET", url, b"")

    def _ask(self, method: str, url: str, body: bytes) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        headers = {"Accept": MEDIA, "Authorization": f"Basic {self._login}"}
        headers |= {"Content-Type": MEDIA} if body else {}
        response = self._send(method, url, headers, body)
        if response.status not in (200, 202):
            raise InputError(
                f"answered {response.status}{_said(response, self._limits)}",
                where=url,
                remedy=_remedy(response.status),
            )
        if not is_taxii(response.headers.get("content-type", "")):
            raise _wrong(url, "does not answer in TAXII 2.1")
        told = read_json(response.body, self._limits)
        if not isinstance(told, dict):
            raise _wrong(url, "answers with something that is no TAXII message")
        return told, response.headers


def _parts(objects: Sequence[Mapping[str, Any]], most: int) -> Iterator[list[Mapping[str, Any]]]:
    part: list[Mapping[str, Any]] = []
    size = 0
    for thing in objects:
        n = len(json.dumps(thing, separators=(",", ":"))) + 1
        if n > most:
            raise InputError(
                f"has {n:,} bytes, the server takes {most:,}",
                where=str(thing.get("id")),
                remedy="Ask its operator",
            )
        if part and size + n > most:
            yield part
            part, size = [], 0
        part.append(thing)
        size += n
    if part:
        yield part


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _said(response: Response, limits: Limits) -> str:
    """The server's own words, if they can be read."""
    try:
        told = read_json(response.body, limits)
    except RefusedError:
        return ""
    title = told.get("title") if isinstance(told, dict) else None
    return f": {title[:SAID]}" if isinstance(title, str) else ""


def _remedy(status: int) -> str:
    if status in (401, 403):
        return "Check --user, its secret and its rights"
    return "Check the address" if status in (404, 405, 406) else "Try again later, or ask its operator"


def _wrong(where: str, what: str) -> InputError:
    return InputError(
        what, where=where, remedy="Give the address of its discovery, such as https://host/taxii2/"
    )
