"""The endpoints of TAXII 2.1 (OASIS Standard, 10 June 2021) as one function from request to response."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from stillwatch.model.errors import ResourceError
from stillwatch.share.inbound.bundle import (
    digest_of,
    refusal,
    refuse_other_content,
    refuse_reflection,
    version_of,
)
from stillwatch.share.inbound.judge import ID, judge
from stillwatch.share.inbound.strict_json import RefusedError, read_json
from stillwatch.share.stix.objects import identity_id
from stillwatch.share.taxii.filters import MATCHES, as_text, in_microseconds, next_token, read_page
from stillwatch.share.taxii.http import (
    MEDIA,
    STIX_MEDIA,
    HttpError,
    Request,
    Response,
    accepts_taxii,
    answer,
    error_answer,
    is_taxii,
)
from stillwatch.share.taxii.login import Login
from stillwatch.share.taxii.settings import TaxiiCollection, TaxiiSettings, User
from stillwatch.share.taxii.store import Stored, TaxiiStore

DISCOVERY = "taxii2"
TOO_LARGE = "oversized"


class TaxiiServer:
    """Answers requests from a store, as settings allow; `clock` tells the time in UTC."""

    def __init__(self, settings: TaxiiSettings, store: TaxiiStore, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self._store = store
        self._clock = clock
        self._login = Login(settings, lambda: clock().timestamp())

    def handle(self, request: Request) -> Response:
        """The answer to a request; errors are answers too."""
        try:
            user = self._login.user(request)
            if not accepts_taxii(request.headers.get("accept", "")):
                raise HttpError(406, f"This server answers in {MEDIA} only")
            return self._route(request, user)
        except HttpError as error:
            return error_answer(error)
        except ResourceError:
            return error_answer(HttpError(503, "The store cannot be used now", headers={"retry-after": "60"}))

    def _route(self, request: Request, user: User) -> Response:
        if not request.path.startswith("/") or not request.path.endswith("/"):
            raise HttpError(404, "There is no such endpoint; all end with a slash")
        parts = request.path.strip("/").split("/")
        if parts == [DISCOVERY]:
            return _only_get(request, self._discovery)
        if parts[0] != self.settings.root:
            raise HttpError(404, "There is no such endpoint")
        match parts[1:]:
            case []:
                return _only_get(request, self._root)
            case ["status", status_id]:
                return _only_get(request, lambda: self._status(status_id, user))
            case ["collections"]:
                return _only_get(request, lambda: self._collections(user))
            case ["collections", name, *rest]:
                return self._in_collection(request, user, self._visible(name, user), rest)
        raise HttpError(404, "There is no such endpoint")

    def _in_collection(
        self, request: Request, user: User, collection: TaxiiCollection, rest: Sequence[str]
    ) -> Response:
        match rest, request.method:
            case [], "GET":
                return answer(_described(collection, user))
            case ["objects"], "POST":
                return self._post(request, user, collection)
            case ["objects", object_id], "DELETE":
                return self._delete(request, user, collection, object_id)
            case ["objects"] | ["manifest"] | ["objects", _] | ["objects", _, "versions"], "GET":
                if collection.id not in user.read:
                    raise HttpError(403, "This collection may not be read with these credentials")
                return self._read(request, collection, rest)
            case [] | ["objects"] | ["manifest"] | ["objects", _] | ["objects", _, "versions"], _:
                raise HttpError(405, "This method is not for this endpoint", headers={"allow": "GET"})
        raise HttpError(404, "There is no such endpoint")

    def _discovery(self) -> Response:
        s = self.settings
        told = {"title": s.title, "description": s.description, "contact": s.contact}
        roots = {"default": f"/{s.root}/", "api_roots": [f"/{s.root}/"]}
        return answer({**{k: v for k, v in told.items() if v}, **roots})

    def _root(self) -> Response:
        s = self.settings
        told = {"title": s.title, "versions": [MEDIA], "max_content_length": s.max_content_length}
        return answer(told | ({"description": s.description} if s.description else {}))

    def _status(self, status_id: str, user: User) -> Response:
        status = self._store.status(status_id, user.name)
        if status is None:
            raise HttpError(404, "There is no such status")
        return answer(status)

    def _collections(self, user: User) -> Response:
        shown = [_described(c, user) for c in self.settings.collections if c.id in user.read | user.write]
        return answer({"collections": shown} if shown else {})

    def _visible(self, name: str, user: User) -> TaxiiCollection:
        collection = self.settings.collection(name)
        if collection is None or collection.id not in user.read | user.write:
            raise HttpError(404, "There is no such collection")
        return collection

    def _read(self, request: Request, collection: TaxiiCollection, rest: Sequence[str]) -> Response:
        """Objects, manifest, or versions, page by page."""
        one = rest[1] if len(rest) > 1 else None
        versions = rest[-1] == "versions"
        allowed = MATCHES if one is None else ("spec_version",) if versions else ("version", "spec_version")
        query = list(request.query)
        page = read_page(query, most=self.settings.page, allowed=allowed)
        if one is not None:
            if not self._store.has(collection.id, one):
                raise HttpError(404, "There is no such object")
            inner = [*query, ("match[id]", one), *([("match[version]", "all")] if versions else [])]
            page_of = read_page([p for p in inner if p[0] != "next"], most=self.settings.page)
            page = type(page)(page_of.filters, page.limit, page.after, page.digest)
        rows, more = self._store.page(collection.id, page)
        told: dict[str, Any] = {"more": more} if rows else {}
        if more:
            told["next"] = next_token(page, rows[-1].seq)
        if rows:
            told |= _shown(rows, "versions" if versions else rest[0])
        return answer(told, headers=_dates(rows))

    def _post(self, request: Request, user: User, collection: TaxiiCollection) -> Response:
        if collection.id not in user.write:
            raise HttpError(403, "This collection may not be written with these credentials")
        if not is_taxii(request.headers.get("content-type", "")):
            raise HttpError(415, f"Objects come as {MEDIA}")
        now = self._clock()
        try:
            envelope = read_json(request.body, self.settings.limits)
            objects = _enveloped(envelope, self.settings.limits.objects)
        except RefusedError as refused:
            self._store.refuse(refusal(refused, request.body, sender=user.name, at=now))
            raise HttpError(413 if refused.code == TOO_LARGE else 422, refused.what) from refused
        good, bad = self._judged(objects, collection.id, now, user)
        for error in bad.values():
            self._store.refuse(refusal(error, request.body, sender=user.name, at=now))
        self._store.add(collection.id, good, sender=user.name, at=now)
        status = _status_of(objects, good, bad, now)
        self._store.put_status(status, sender=user.name, at=now)
        return answer(status, status=202)

    def _judged(
        self, objects: Sequence[Any], collection: str, now: datetime, user: User
    ) -> tuple[list[Mapping[str, Any]], dict[int, RefusedError]]:
        """Objects that may be kept, and why others may not, by their place in the envelope."""
        good: list[Mapping[str, Any]] = []
        bad: dict[int, RefusedError] = {}
        own = "" if user.own else identity_id(self.settings.publisher)
        said: dict[tuple[str, str], str] = {}
        with self._store.known(collection) as known:
            for place, thing in enumerate(objects):
                try:
                    taken = judge(thing, now=now, limits=self.settings.limits)
                    refuse_reflection(taken, own)
                    refuse_other_content(taken, known)
                    _say_one_thing(taken, said)
                    good.append(taken)
                except RefusedError as refused:
                    bad[place] = refused
        return good, bad

    def _delete(self, request: Request, user: User, collection: TaxiiCollection, object_id: str) -> Response:
        if collection.id not in user.read or collection.id not in user.write:
            raise HttpError(403, "Only who may read and write a collection may delete from it")
        if not self._store.has(collection.id, object_id):
            raise HttpError(404, "There is no such object")
        asked = read_page(list(request.query), most=1, allowed=("version", "spec_version"))
        told = [("match[id]", object_id), *(p for p in request.query if p[0].startswith("match["))]
        if not any(name == "match[version]" for name, _ in told):
            told.append(("match[version]", "all"))
        page = read_page(told, most=asked.limit)
        self._store.remove(collection.id, page, sender=user.name, at=self._clock())
        return answer({})


def _only_get(request: Request, respond: Callable[[], Response]) -> Response:
    if request.method != "GET":
        raise HttpError(405, "This endpoint is only read", headers={"allow": "GET"})
    return respond()


def _described(collection: TaxiiCollection, user: User) -> dict[str, Any]:
    told = {"id": collection.id, "title": collection.title}
    told |= {"description": collection.description} if collection.description else {}
    told |= {"alias": collection.alias} if collection.alias else {}
    rights = {"can_read": collection.id in user.read, "can_write": collection.id in user.write}
    return {**told, **rights, "media_types": [STIX_MEDIA]}


def _shown(rows: Sequence[Stored], what: str) -> dict[str, Any]:
    if what == "versions":
        return {"versions": [row.version_text for row in rows]}
    if what == "manifest":
        return {
            "objects": [
                {"id": r.id, "date_added": r.added, "version": r.version_text, "media_type": STIX_MEDIA}
                for r in rows
            ]
        }
    return {"objects": [row.body for row in rows]}


def _dates(rows: Sequence[Stored]) -> dict[str, str]:
    if not rows:
        return {}
    return {"x-taxii-date-added-first": rows[0].added, "x-taxii-date-added-last": rows[-1].added}


def _say_one_thing(taken: Mapping[str, Any], said: dict[tuple[str, str], str]) -> None:
    """Note the digest of a version. Raises `RefusedError` if it was said otherwise before."""
    key, digest = (str(taken["id"]), version_of(taken)), digest_of(taken)
    if said.setdefault(key, digest) != digest:
        raise RefusedError("contradictory", "stands in it twice and says different things", where=key[0])


def _enveloped(envelope: Any, most: int) -> Sequence[Any]:
    """The objects of an envelope. Raises `RefusedError`."""
    objects = envelope.get("objects") if isinstance(envelope, dict) else None
    if not isinstance(objects, list) or not objects or set(envelope) - {"objects", "more", "next"}:
        raise RefusedError("malformed", "an envelope holds a list of objects")
    if len(objects) > most:
        raise RefusedError(TOO_LARGE, f"holds {len(objects):,} objects, {most:,} are allowed")
    return objects


def _status_of(
    objects: Sequence[Any],
    good: Sequence[Mapping[str, Any]],
    bad: Mapping[int, RefusedError],
    now: datetime,
) -> dict[str, Any]:
    """The status resource of a POST; everything is decided at once, so nothing is pending."""
    at = as_text(in_microseconds(now))
    failures = [{**_named(objects[place], at), "message": error.what} for place, error in sorted(bad.items())]
    return {
        "id": str(uuid.uuid4()),
        "status": "complete",
        "request_timestamp": at,
        "total_count": len(objects),
        "success_count": len(good),
        "successes": [{"id": thing["id"], "version": version_of(thing) or at} for thing in good],
        "failure_count": len(failures),
        "failures": failures,
        "pending_count": 0,
        "pendings": [],
    }


def _named(thing: Any, at: str) -> dict[str, str]:
    """Id and version of an object that may be anything."""
    found = thing if isinstance(thing, dict) else {}
    known, version = found.get("id"), found.get("modified", found.get("created", at))
    return {
        "id": known if isinstance(known, str) and ID.fullmatch(known) else "unknown",
        "version": version if isinstance(version, str) and len(version) < 40 else at,
    }
