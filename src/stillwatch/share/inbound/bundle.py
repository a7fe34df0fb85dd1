"""A bundle from outside: taken as a whole, or refused as a whole with a reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillwatch.share.inbound.judge import ID, judge
from stillwatch.share.inbound.strict_json import Limits, RefusedError, read_json

Object = Mapping[str, Any]
Known = Callable[[str, str], str | None]  # id and version to the digest of what is kept of it

AGREE = frozenset({"agree", "strongly-agree"})
DISAGREE = frozenset({"disagree", "strongly-disagree"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is recorded of a refused message: nothing of its content but a digest."""

    at: datetime
    sender: str
    code: str
    reason: str
    digest: str
    bytes: int


def read_bundle(
    data: bytes, *, now: datetime, limits: Limits | None = None, own: str = "", known: Known | None = None
) -> tuple[Object, ...]:
    """The objects of a bundle, if all of it may be taken. Raises `RefusedError`.

    `own` is the id of the receiver's identity: what claims to come from it is a reflection and counts for nothing.
    `known` tells what is kept already, so that another content under the same id and version is seen.
    """
    bounds = limits or Limits()
    bundle = read_json(data, bounds)
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        raise RefusedError("malformed", "is no bundle")
    if "spec_version" in bundle:
        raise RefusedError("wrong version", "is a bundle of STIX 2.0, only 2.1 is taken")
    if set(bundle) - {"type", "id", "objects"} or not _bundle_id(bundle.get("id")):
        raise RefusedError("malformed", "a bundle has type, id and objects")
    return read_objects(bundle.get("objects"), now=now, limits=bounds, own=own, known=known)


def read_objects(
    objects: Any, *, now: datetime, limits: Limits, own: str = "", known: Known | None = None
) -> tuple[Object, ...]:
    """The objects, if all may be taken together. Raises `RefusedError`."""
    if not isinstance(objects, list) or not objects:
        raise RefusedError("malformed", "holds no objects")
    if len(objects) > limits.objects:
        raise RefusedError("oversized", f"holds {len(objects):,} objects, {limits.objects:,} are allowed")
    taken = [judge(thing, now=now, limits=limits) for thing in objects]
    for thing in taken:
        refuse_reflection(thing, own)
        refuse_other_content(thing, known)
    _agree_among_themselves(taken)
    return tuple(taken)


def refuse_reflection(thing: Object, own: str) -> None:
    """Raises `RefusedError` if the object claims to come from the receiver."""
    if own and own in (thing.get("created_by_ref"), thing["id"]):
        raise RefusedError("self-referring", "claims to come from ourselves", where=str(thing["id"]))


def refuse_other_content(thing: Object, known: Known | None) -> None:
    """Raises `RefusedError` if something else is kept under the same id and version."""
    kept = known(str(thing["id"]), version_of(thing)) if known and version_of(thing) else None
    if kept is not None and kept != digest_of(thing):
        raise RefusedError(
            "contradictory", "says something else than the same version kept here", where=str(thing["id"])
        )


def version_of(thing: Object) -> str:
    """`modified`, else `created`, else empty: observables have no versions."""
    return str(thing.get("modified") or thing.get("created") or "")


def digest_of(thing: Object) -> str:
    """Digest of an object's content, whatever the order of its names."""
    canonical = json.dumps(thing, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()


def refusal(refused: RefusedError, data: bytes, *, sender: str, at: datetime) -> Refusal:
    """The record of a refusal."""
    reason = f"{refused.where}: {refused.what}" if refused.where else refused.what
    return Refusal(at, sender, refused.code, reason[:500], hashlib.sha256(data).hexdigest(), len(data))


def _bundle_id(value: Any) -> bool:
    found = ID.fullmatch(value) if isinstance(value, str) else None
    return found is not None and found[1] == "bundle"


def _agree_among_themselves(taken: Sequence[Object]) -> None:
    seen: dict[tuple[str, str], str] = {}
    created: dict[str, str] = {}
    for thing in taken:
        key, digest = (str(thing["id"]), version_of(thing)), digest_of(thing)
        if seen.setdefault(key, digest) != digest:
            raise RefusedError("contradictory", "stands in it twice and says different things", where=key[0])
        begun = str(thing.get("created", ""))
        if created.setdefault(key[0], begun) != begun:
            raise RefusedError("contradictory", "was created at two times", where=key[0])
    _one_opinion(thing for thing in taken if thing["type"] == "opinion" and not thing.get("revoked"))


def _one_opinion(opinions: Iterable[Object]) -> None:
    held: dict[tuple[str, str], set[str]] = {}
    for opinion in opinions:
        for target in opinion["object_refs"]:
            held.setdefault((str(opinion.get("created_by_ref", "")), target), set()).add(opinion["opinion"])
    for (_, target), said in held.items():
        if said & AGREE and said & DISAGREE:
            raise RefusedError("contradictory", "one author agrees and disagrees with it", where=target)
