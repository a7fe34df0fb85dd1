"""One STIX object from outside: the reason why it is not taken, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stillwatch.share.inbound.properties import SECRET, SHAPES
from stillwatch.share.inbound.strict_json import Limits, RefusedError
from stillwatch.share.stix.extension import EXTENSION_ID
from stillwatch.share.tlp import TLP_EXTENSION, TLP_IDS, tlp_marking

ID = re.compile(r"([a-z][a-z0-9-]{1,48})--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z")
KNOWN_EXTENSIONS = frozenset({TLP_EXTENSION, EXTENSION_ID})
TIMES = frozenset(
    [
        "created",
        "modified",
        "first_seen",
        "last_seen",
        "first_observed",
        "last_observed",
        "valid_from",
        "valid_until",
        "start_time",
        "stop_time",
        "published",
    ]
)
IN_ORDER = (
    ("created", "modified"),
    ("first_seen", "last_seen"),
    ("first_observed", "last_observed"),
    ("valid_from", "valid_until"),
    ("start_time", "stop_time"),
)
TEXTS = frozenset(
    [
        "name",
        "description",
        "abstract",
        "content",
        "pattern",
        "pattern_type",
        "relationship_type",
        "opinion",
        "explanation",
        "objective",
        "user_id",
        "value",
        "schema",
        "version",
        "context",
        "identity_class",
        "definition_type",
    ]
)
OPINIONS = ("strongly-disagree", "disagree", "neutral", "agree", "strongly-agree")
FUTURE_SECONDS = 86_400


def judge(thing: Any, *, now: datetime, limits: Limits) -> Mapping[str, Any]:
    """The object, if it may be taken. Raises `RefusedError`."""
    if not isinstance(thing, dict):
        raise RefusedError("malformed", "an entry is not an object")
    kind, where = thing.get("type"), str(thing.get("id", "an object"))[:120]
    if not isinstance(kind, str) or kind not in SHAPES:
        raise RefusedError("unknown type", f"type {str(kind)[:60]!r} is not one of the profile", where=where)
    try:
        _judge_names(thing, kind)
        _judge_id(thing, kind)
        _judge_values(thing, limits)
        _judge_extensions(thing)
        _judge_times(thing, now)
        _judge_references(thing, limits)
        _judge_kind(thing, kind)
    except RefusedError as refused:
        raise RefusedError(refused.code, refused.what, where=where) from refused
    return thing


def references(thing: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Name and value of each reference of an object, those of markings left out."""
    for name, value in thing.items():
        if name.endswith("_ref"):
            yield name, value
        elif name.endswith("_refs") and name != "object_marking_refs":
            yield from ((name, one) for one in (value if isinstance(value, list) else [value]))


def moment(text: str) -> datetime:
    """The time that a STIX timestamp names. Raises `RefusedError`."""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        raise RefusedError("malformed", f"{str(text)[:60]!r} is no time in UTC")
    whole, _, rest = text[:-1].partition(".")
    try:
        at = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    except ValueError as error:
        raise RefusedError("malformed", f"{text!r} is no time") from error
    return at.replace(microsecond=int(rest[:6].ljust(6, "0")) if rest else 0)


def _judge_names(thing: Mapping[str, Any], kind: str) -> None:
    shape = SHAPES[kind]
    version = thing.get("spec_version", "2.1" if shape.observable else None)
    if version != "2.1":
        raise RefusedError("wrong version", f"spec_version is {str(version)[:20]!r}, only 2.1 is taken")
    if SECRET & thing.keys():
        raise RefusedError("secret", "carries a credential")
    unknown = sorted(set(thing) - shape.allowed)
    if unknown:
        raise RefusedError("unknown property", f"{kind} has no property {unknown[0][:60]!r}")
    missing = sorted(shape.required - thing.keys())
    if missing:
        raise RefusedError("malformed", f"{kind} lacks {missing[0]!r}")


def _judge_id(thing: Mapping[str, Any], kind: str) -> None:
    found = ID.fullmatch(thing["id"]) if isinstance(thing["id"], str) else None
    if found is None or found[1] != kind:
        raise RefusedError("malformed", f"{str(thing['id'])[:80]!r} is no id of a {kind}")


def _judge_values(thing: Mapping[str, Any], limits: Limits) -> None:
    for name in TEXTS & thing.keys():
        if not isinstance(thing[name], str) or (not thing[name] and name != "description"):
            raise RefusedError("malformed", f"{name} is no text")
        if len(thing[name]) > limits.text:
            raise RefusedError("oversized", f"{name} has {len(thing[name]):,} characters")
    confidence = thing.get("confidence", 0)
    if isinstance(confidence, bool) or not isinstance(confidence, int) or not 0 <= confidence <= 100:
        raise RefusedError("malformed", "confidence is not between 0 and 100")
    if not isinstance(thing.get("revoked", False), bool):
        raise RefusedError("malformed", "revoked is not true or false")


def _judge_extensions(thing: Mapping[str, Any]) -> None:
    extensions = thing.get("extensions", {})
    if not isinstance(extensions, dict):
        raise RefusedError("malformed", "extensions is no object")
    unknown = sorted(set(extensions) - KNOWN_EXTENSIONS)
    if unknown:
        raise RefusedError("unknown extension", f"extension {unknown[0][:80]!r} is not known here")
    ours = extensions.get(EXTENSION_ID)
    if ours is None:
        return
    p = ours.get("p_distillation", 0) if isinstance(ours, dict) else None
    if isinstance(p, bool) or not isinstance(p, int | float) or not 0 <= p <= 1:
        raise RefusedError("malformed", "the extension's p_distillation is not between 0 and 1")
    if ours.get("extension_type") != "property-extension" or thing["type"] != "campaign":
        raise RefusedError("malformed", "the extension stands where it does not belong")


def _judge_times(thing: Mapping[str, Any], now: datetime) -> None:
    at = {name: moment(thing[name]) for name in TIMES & thing.keys()}
    for first, last in IN_ORDER:
        if first in at and last in at and at[last] < at[first]:
            raise RefusedError("contradictory", f"{last} is before {first}")
    for name in {"created", "modified", "published"} & at.keys():
        if (at[name] - now).total_seconds() > FUTURE_SECONDS:
            raise RefusedError("contradictory", f"{name} lies in the future")


def _judge_references(thing: Mapping[str, Any], limits: Limits) -> None:
    seen = list(references(thing))
    if len(seen) > limits.references:
        raise RefusedError("oversized", f"refers to {len(seen):,} objects, {limits.references:,} are allowed")
    for name, target in seen:
        if not isinstance(target, str) or not ID.fullmatch(target):
            raise RefusedError("malformed", f"{name} holds {str(target)[:60]!r}, which is no id")
        if target == thing["id"]:
            raise RefusedError("self-referring", f"{name} refers to the object itself")
    author = thing.get("created_by_ref", "identity--")
    if not author.startswith("identity--"):
        raise RefusedError("malformed", "created_by_ref is no identity")
    marks = thing.get("object_marking_refs", [])
    if not isinstance(marks, list) or not all(isinstance(m, str) and ID.fullmatch(m) for m in marks):
        raise RefusedError("malformed", "object_marking_refs holds something else than ids")
    if len(set(marks) & set(TLP_IDS.values())) > 1:
        raise RefusedError("contradictory", "carries two levels of TLP")


def _judge_kind(thing: Mapping[str, Any], kind: str) -> None:
    if kind == "relationship" and thing["source_ref"] == thing["target_ref"]:
        raise RefusedError("self-referring", "relates an object to itself")
    if kind == "opinion" and thing["opinion"] not in OPINIONS:
        raise RefusedError("malformed", f"{thing['opinion'][:40]!r} is no opinion")
    if kind in ("note", "report", "opinion", "grouping") and not _filled(thing["object_refs"]):
        raise RefusedError("malformed", f"{kind} is about nothing")
    if kind == "observed-data" and not (_filled(thing.get("object_refs")) or thing.get("objects")):
        raise RefusedError("malformed", "observed-data shows nothing")
    if kind == "marking-definition":
        _judge_marking(thing)


def _judge_marking(thing: Mapping[str, Any]) -> None:
    """A marking with an id of TLP 2.0 must be the official one."""
    level = next((name for name, known in TLP_IDS.items() if known == thing["id"]), None)
    official = tlp_marking(level) if level else None
    claimed = thing.get("extensions", {}).get(TLP_EXTENSION)
    if official and (claimed != official["extensions"][TLP_EXTENSION]):
        raise RefusedError("contradictory", f"is not the official definition of TLP:{str(level).upper()}")
    if claimed is not None and official is None:
        raise RefusedError("contradictory", "claims to be TLP 2.0 under another id")


def _filled(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
