"""What `stillwatch taxii` does: a server's folder, and asking the servers of others."""

from __future__ import annotations

import json
import os
import stat
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from stillwatch.app.https import sender
from stillwatch.app.serving import SETTINGS, STORE, read_settings
from stillwatch.model.errors import InputError, ResourceError, StateError, UsageError
from stillwatch.share.inbound.bundle import (
    digest_of,
    read_bundle,
    read_objects,
    refusal,
    refuse_other_content,
    version_of,
)
from stillwatch.share.inbound.strict_json import Limits, RefusedError
from stillwatch.share.stix.objects import OURS, identity_id
from stillwatch.share.taxii.client import TaxiiClient
from stillwatch.share.taxii.secret_hash import hashed, new_secret
from stillwatch.share.taxii.store import TaxiiStore
from stillwatch.store.files import replace_text

SECRET_VARIABLE = "STILLWATCH_TAXII_SECRET"  # noqa: S105 - the name of it
REFUSED = "refused.jsonl"
CHECKPOINT = "checkpoint.json"
LARGE = Limits(bytes=200_000_000)  # for files of one's own
TEMPLATE = """\
# A TAXII 2.1 server. Secrets are kept as scrypt digests; make more with `stillwatch taxii secret`.
title = {title}
publisher = {publisher}

[[collection]]
id = "{collection}"
title = "Findings"
alias = "findings"
{inbox}
[[user]]
name = "publisher"
secret = "{writer}"
read = [{all}]
write = ["{collection}"]
own = true

[[user]]
name = "partner"
secret = "{reader}"
read = ["{collection}"]
write = [{answers}]
"""
INBOX = """
[[collection]]
id = {id}
title = "Answers"
alias = "inbox"
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody's server, and as whom to ask it."""

    url: str
    user: str
    secret_file: Path | None = None
    ca_file: Path | None = None
    publisher: str = ""

    def client(self) -> TaxiiClient:
        """A client for it."""
        if not self.user:
            raise UsageError("the server wants to know who asks", remedy="Give --user")
        return TaxiiClient(sender(ca_file=self.ca_file), self.url, self.user, _secret(self.secret_file))


def new_folder(folder: Path, publisher: str, *, inbox: bool = False) -> Mapping[str, str]:
    """Settings of a new server with one collection and two users; returns their secrets, which are kept nowhere.

    With an `inbox` there is another collection, which the partner may write and the publisher read.
    """
    path = folder / SETTINGS
    if path.exists():
        raise StateError(
            "is there already", where=str(path), remedy="Choose another folder; nothing was written"
        )
    if not publisher.strip():
        raise UsageError("the publisher has no name", remedy="Name the organisation with --publisher")
    secrets = {"publisher": new_secret(), "partner": new_secret()}
    collection = str(uuid.uuid4())
    answers = json.dumps(str(uuid.uuid4())) if inbox else ""
    text = TEMPLATE.format(
        inbox=INBOX.format(id=answers) if inbox else "",
        all=", ".join(filter(None, (json.dumps(collection), answers))),
        answers=answers,
        title=json.dumps(f"Findings of {publisher}"),
        publisher=json.dumps(publisher),
        collection=collection,
        writer=hashed(secrets["publisher"]),
        reader=hashed(secrets["partner"]),
    )
    replace_text(path, text).chmod(0o600)
    return {"settings": str(path), "collection": collection, **secrets}


def add_bundle(folder: Path, bundle: Path, collection: str) -> Mapping[str, int]:
    """Keep the objects of a bundle in a collection of one's own server. Raises `RefusedError`."""
    settings = read_settings(folder)
    place = settings.collection(collection) if collection else settings.collections[0]
    if place is None:
        raise UsageError(f"there is no collection {collection!r}", remedy=f"See {folder / SETTINGS}")
    store = TaxiiStore(folder / STORE)
    now = datetime.now(UTC)
    with store.known(place.id) as known:
        objects = read_bundle(_bytes(bundle), now=now, known=known, limits=LARGE)
    return {"objects": len(objects), "added": store.add(place.id, objects, sender="local", at=now)}


def refused_of(folder: Path) -> Sequence[Mapping[str, str]]:
    """What a server refused, in order."""
    read_settings(folder)
    names = ("at", "sender", "code", "reason")
    return [dict(zip(names, row, strict=True)) for row in TaxiiStore(folder / STORE).refusals()]


def listed(server: Server) -> Sequence[Mapping[str, Any]]:
    """Collections of all API roots of a server."""
    client = server.client()
    return [
        {"root": root, **collection} for root in client.roots() for collection in client.collections(root)
    ]


def pull(server: Server, collection: str, out: Path) -> Mapping[str, Any]:
    """Write what was added to a collection since the last pull as one bundle.

    If anything of it is refused, nothing is written but a line in `refused.jsonl`, and `RefusedError` is raised.
    """
    client = server.client()
    since = _checkpoint(out / CHECKPOINT, server.url, collection)
    now = datetime.now(UTC)
    try:
        pulled = client.pull(_root_of(client, collection), collection, added_after=since)
        if not pulled.objects:
            return {"objects": 0, "file": None}
        own = identity_id(server.publisher) if server.publisher else ""
        read_objects(list(pulled.objects), now=now, limits=Limits(), own=own)
        _refuse_changed(out, pulled.objects)
    except RefusedError as refused:
        _record(out, refused, server, now)
        raise
    text = json.dumps(list(pulled.objects), sort_keys=True)
    bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid5(OURS, text)}", "objects": list(pulled.objects)}
    path = replace_text(_new_file(out, pulled.last_added, now), json.dumps(bundle, indent=1) + "\n")
    told = {"url": server.url, "collection": collection, "added_after": pulled.last_added}
    replace_text(out / CHECKPOINT, json.dumps(told) + "\n")
    return {"objects": len(pulled.objects), "file": str(path)}


def _new_file(out: Path, last_added: str, now: datetime) -> Path:
    """A file for a pull that takes no earlier one's place, even if the server names one time twice."""
    stamp = "".join(c for c in last_added if c.isdigit()) or f"{now:%Y%m%d%H%M%S%f}"
    names = (f"pull-{stamp}{mark}.json" for mark in chain([""], (f"-{n}" for n in count(2))))
    return next(out / name for name in names if not (out / name).exists())


def push(server: Server, collection: str, bundle: Path) -> Sequence[Mapping[str, Any]]:
    """Add the objects of a bundle to a collection of somebody's server; returns the statuses."""
    client = server.client()
    objects = read_bundle(_bytes(bundle), now=datetime.now(UTC), limits=LARGE)
    return client.push(_root_of(client, collection), collection, objects)


def _root_of(client: TaxiiClient, collection: str) -> str:
    for root in client.roots():
        if any(collection in (c["id"], c.get("alias")) for c in client.collections(root)):
            return root
    raise UsageError(f"there is no collection {collection!r}", remedy="See them with `stillwatch taxii list`")


def _refuse_changed(out: Path, objects: Sequence[Mapping[str, Any]]) -> None:
    """Raises `RefusedError` if an earlier pull holds another content under the same id and version."""
    kept: dict[tuple[str, str], str] = {}
    for path in sorted(out.glob("pull-*.json")):
        for thing in read_bundle(_bytes(path), now=datetime.now(UTC), limits=LARGE):
            kept[str(thing["id"]), version_of(thing)] = digest_of(thing)
    for thing in objects:
        refuse_other_content(thing, lambda i, v: kept.get((i, v)))


def _record(out: Path, refused: RefusedError, server: Server, now: datetime) -> None:
    entry = refusal(refused, b"", sender=f"{server.user} at {server.url}", at=now)
    told = {"at": now.isoformat(), "sender": entry.sender, "code": entry.code, "reason": entry.reason}
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / REFUSED).open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
    except OSError as error:
        raise ResourceError(
            "cannot be written", where=str(out / REFUSED), remedy="Choose another folder with --out"
        ) from error


def _checkpoint(path: Path, url: str, collection: str) -> str:
    """When the last object of the last pull was added; empty if there was none."""
    if not path.is_file():
        return ""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        since, source = str(told["added_after"]), (told["url"], told["collection"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError("cannot be read", where=str(path), remedy="Choose another --out") from error
    if source != (url, collection):
        raise StateError(
            f"belongs to {source[0]}, collection {source[1]}", where=str(path), remedy="Choose another --out"
        )
    return since


def _secret(path: Path | None) -> str:
    if path is None:
        secret = os.environ.get(SECRET_VARIABLE, "")
        if not secret:
            raise UsageError("there is no secret", remedy=f"Give --secret-file, or set {SECRET_VARIABLE}")
        return secret
    secret = _bytes(path).decode(errors="replace").strip()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise StateError("others may read the secret", where=str(path), remedy=f"chmod 600 {path}")
    return secret


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}", where=str(path), remedy="Check the path"
        ) from error
