"""A TAXII 2.1 client over whatever sends a request: it follows pages, and believes a server only so far."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from stillwatch.model.errors import InputError
from stillwatch.share.inbound.judge import moment
from stillwatch.share.inbound.strict_json import Limits, RefusedError, read_json
from stillwatch.share.taxii.http import MEDIA, Response, is_taxii

Send = Callable[[str, str, Mapping[str, str], bytes], Response]  # method, URL, headers, body
MOST_PAGES = 10_000
SAID = 300  # characters of a server's own words that are passed on
URL = ":/?#[]@!$&'()*+,;=%~-._"  # what stays as it is in an address
ENVELOPE = 200  # bytes around objects
MOST_ROOTS = 100
TOKEN = 4_000  # characters of the mark of a next page
PULL = 20  # a pull may hold so many times the bytes of one answer


@dataclass(frozen=True, slots=True)
class _Answer:
    """A message of the server, its headers, and the bytes it took."""

    told: Mapping[str, Any]
    headers: Mapping[str, str]
    bytes: int


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
        return self._get(self._url).told

    def roots(self) -> Sequence[str]:
        """Addresses of its API roots, the default one first. Raises `InputError` if one is on another server."""
        told = self.discovery()
        listed = told.get("api_roots")
        named = [told.get("default"), *(listed if isinstance(listed, list) else ())]
        if len(named) > MOST_ROOTS:
            raise _wrong(self._url, f"names more than {MOST_ROOTS} API roots")
        found = list(dict.fromkeys(self._joined(r) for r in named if isinstance(r, str)))
        if not found:
            raise _wrong(self._url, "names no API root")
        strange = [r for r in found if _origin(r) != _origin(self._url)]
        if strange:
            raise _wrong(self._url, f"names an API root on another server, {strange[0][:SAID]}")
        return [r if r.endswith("/") else f"{r}/" for r in found]

    def _joined(self, root: str) -> str:
        try:
            return urljoin(self._url, quote(root, safe=URL))
        except ValueError as error:
            raise _wrong(self._url, f"names an API root that is no address, {root[:SAID]!r}") from error

    def collections(self, root: str) -> Sequence[Mapping[str, Any]]:
        """Collections of an API root."""
        found = self._get(urljoin(root, "collections/")).told.get("collections", [])
        if not isinstance(found, list) or not all(
            isinstance(c, dict) and isinstance(c.get("id"), str) for c in found
        ):
            raise _wrong(root, "lists collections that are none")
        return found

    def pull(self, root: str, collection: str, *, added_after: str = "", page: int = 500) -> Pulled:
        """All objects of a collection that were added after a time.

        Raises `RefusedError` if the pages never end or hold more than the limits allow.
        """
        objects: list[Any] = []
        last, size = added_after, 0
        for answer in self._pages(root, collection, added_after, page):
            found = answer.told.get("objects", [])
            if not isinstance(found, list):
                raise RefusedError("malformed", "a page holds no list of objects", where=root)
            objects += found
            if len(objects) > self._limits.objects:
                raise RefusedError(
                    "oversized", f"holds more than {self._limits.objects:,} objects", where=root
                )
            size += answer.bytes
            if size > PULL * self._limits.bytes:
                raise RefusedError(
                    "oversized", f"holds more than {PULL * self._limits.bytes:,} bytes", where=root
                )
            last = _added(answer.headers, last)
        return Pulled(objects, last)

    def push(
        self, root: str, collection: str, objects: Sequence[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]]:
        """Add objects to a collection, in as many messages as the server's limit asks for; returns the statuses."""
        most = self._get(root).told.get("max_content_length", self._limits.bytes)
        size = most if isinstance(most, int) and most > 0 else self._limits.bytes
        url = urljoin(root, f"collections/{quote(collection, safe='')}/objects/")
        statuses = []
        for part in _parts(objects, size - ENVELOPE):
            body = json.dumps({"objects": part}, separators=(",", ":")).encode()
            statuses.append(self._ask("POST", url, body).told)
        return statuses

    def status(self, root: str, status_id: str) -> Mapping[str, Any]:
        """What became of a message."""
        return self._get(urljoin(root, f"status/{quote(status_id, safe='')}/")).told

    def _pages(self, root: str, collection: str, added_after: str, page: int) -> Iterator[_Answer]:
        url = urljoin(root, f"collections/{quote(collection, safe='')}/objects/")
        asked = {"limit": str(page), "match[version]": "all"} | (
            {"added_after": added_after} if added_after else {}
        )
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            answer = self._get(f"{url}?{urlencode(asked)}")
            yield answer
            if answer.told.get("more") is not True:
                return
            token = answer.told.get("next")
            if not isinstance(token, str) or token in seen:
                raise RefusedError("self-referring", "pages lead in a circle", where=url)
            if len(token) > TOKEN:
                raise RefusedError(
                    "oversized", f"a page's mark has more than {TOKEN:,} characters", where=url
                )
            seen.add(token)
            asked["next"] = token
        raise RefusedError("oversized", f"has more than {MOST_PAGES:,} pages", where=url)

    def _get(self, url: str) -> _Answer:
        return self._ask("GET", url, b"")

    def _ask(self, method: str, url: str, body: bytes) -> _Answer:
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
        return _Answer(told, response.headers, len(response.body))


def _added(headers: Mapping[str, str], before: str) -> str:
    """When the last object of a page was added: a time, since it goes into the next question and the name of a file."""
    said = headers.get("x-taxii-date-added-last", "")
    if said:
        moment(said)
    return said or before


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
