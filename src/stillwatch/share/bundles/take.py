"""A partner's bundle: taken as a whole and entered, or refused as a whole and recorded.

Objects carry no signature: who says it is known from the connection that they came by, and they must name that author.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stillwatch.model.errors import RefusedError
from stillwatch.model.records import Reading, Row, Writing
from stillwatch.share.agreement import Terms
from stillwatch.share.bundles.gate import FINDING, NEEDS, OPINION, SIGHTING, check_objects
from stillwatch.share.bundles.ledger import (
    BUNDLE,
    RETRACTION,
    message_of_object,
    object_of,
    record_bundle,
    record_object,
)
from stillwatch.share.bundles.values import values_by_campaign
from stillwatch.share.bundles.words import OUR_OPINION, basis_of, confidence_of, origins_of
from stillwatch.share.corroborate import opinion_bits
from stillwatch.share.inbound.bundle import read_bundle, version_of
from stillwatch.share.inbound.judge import moment
from stillwatch.share.inbound.strict_json import RefusedError as BundleRefusedError
from stillwatch.share.ledger import accepted, retracted, seconds, spent_by
from stillwatch.share.partners import ACTIVE, Partner, agreement_in_force
from stillwatch.share.rates import REFUSALS_PER_MINUTE, check_flood
from stillwatch.share.review import apply_retraction
from stillwatch.share.weigh import Ground, enter

KINDS: Mapping[str, str] = MappingProxyType({"campaign": FINDING, "opinion": OPINION, "sighting": SIGHTING})
AUTHORLESS = frozenset({"extension-definition", "marking-definition", "identity"})

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a bundle: new messages, how many were known, messages taken back, decisions to review."""

    reason: str = ""
    what: str = ""
    new: tuple[str, ...] = ()
    known: int = 0
    retracted: tuple[str, ...] = ()
    to_review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bundle:
    """A bundle that may be taken: all its objects, and those that say something new, in order."""

    id: str
    objects: Sequence[Object]
    fresh: Sequence[Object]
    known: int


def take_bundle(store: Writing, partner: Partner, agreement_id: str, data: bytes, *, author: str) -> Taken:
    """Take in a bundle that came from a partner, whose STIX identity is `author`; refused, it changes nothing else."""
    try:
        bundle = _examine(store, partner, agreement_id, data, author)
    except (RefusedError, BundleRefusedError) as error:
        reason = error.reason if isinstance(error, RefusedError) else error.code.replace(" ", "_")
        spent = spent_by(store, partner.id, seconds(store.stamp.at))
        if spent.refusals < REFUSALS_PER_MINUTE:
            record_bundle(store, partner.id, agreement_id, data, reason=reason)
        return Taken(reason=reason, what=error.what)
    if not bundle.fresh:
        return Taken(known=bundle.known)
    record_bundle(store, partner.id, agreement_id, data, bundle_id=bundle.id)
    values = values_by_campaign(bundle.objects)
    new: list[str] = []
    gone: dict[str, tuple[str, ...]] = {}
    for thing in bundle.fresh:
        gone |= _take_back(store, partner, agreement_id, thing)
        if not thing.get("revoked", False):
            new.append(_enter(store, partner, agreement_id, thing, values.get(str(thing["id"]), ())))
    to_review = sorted({decision for reached in gone.values() for decision in reached})
    return Taken("", "", tuple(new), bundle.known, tuple(gone), tuple(to_review))


def _examine(store: Writing, partner: Partner, agreement_id: str, data: bytes, author: str) -> _Bundle:
    """Check all of it and write nothing. Raises either kind of `RefusedError`."""
    at, now = store.stamp.at, seconds(store.stamp.at)
    if partner.state != ACTIVE:
        raise RefusedError("unknown_sender", f"this partner is {partner.state}")
    terms = agreement_in_force(store, agreement_id, partner.id, ended_too=True)
    check_flood(spent_by(store, partner.id, now), terms.messages_per_minute)
    objects = read_bundle(data, now=at, known=_known(store, partner.id))
    for thing in objects:
        if thing.get("created_by_ref", author) != author and thing["type"] not in AUTHORLESS:
            raise RefusedError("unknown_sender", f"{thing['id']} is said by somebody else")
        if thing["type"] in KINDS and "created_by_ref" not in thing:
            raise RefusedError("unknown_sender", f"{thing['id']} does not say by whom it is said")
    if any(o["type"] in NEEDS and not o.get("revoked", False) for o in objects):
        agreement_in_force(store, agreement_id, partner.id)
    check_objects(terms, objects, now)
    fresh, known = _fresh(store, partner.id, objects)
    for thing in fresh:
        _check_subject(store, terms, partner.id, thing)
    _check_opinions(store, partner.id, fresh)
    return _Bundle(str(json.loads(data)["id"]), objects, fresh, known)


def _known(store: Reading, partner: str) -> Callable[[str, str], str | None]:
    """Digest of what was taken of an object's version."""

    def digest(object_id: str, version: str) -> str | None:
        rows = accepted(store, partner, message_id=message_of_object(object_id, version))
        return str(rows[-1]["digest"]) if rows else None

    return digest


def _history(store: Reading, partner: str) -> dict[str, list[Row]]:
    """Rows of a partner's objects, by object id, in order."""
    found: dict[str, list[Row]] = {}
    for row in accepted(store, partner):
        if "--" in str(row["message_id"]) and row["kind"] != BUNDLE:
            found.setdefault(str(row["message_id"]).partition("@")[0], []).append(row)
    return found


def _fresh(store: Reading, partner: str, objects: Sequence[Object]) -> tuple[list[Object], int]:
    """Of each object that counts the newest version, if it is newer than what was taken; and how many were not."""
    newest: dict[str, Object] = {}
    for thing in objects:
        if thing["type"] in KINDS and _concerns(store, partner, thing):
            held = newest.setdefault(str(thing["id"]), thing)
            if moment(version_of(thing)) > moment(version_of(held)):
                newest[str(thing["id"])] = thing
    history, known, fresh = _history(store, partner), 0, []
    for object_id, thing in sorted(newest.items()):
        rows = history.get(object_id, [])
        last = max((moment(str(r["message_id"]).partition("@")[2]) for r in rows), default=None)
        if last is not None and moment(version_of(thing)) <= last:
            known += 1
        elif rows and rows[-1]["kind"] == RETRACTION:
            raise RefusedError("contradictory", f"{object_id} was taken back, and is said again")
        else:
            fresh.append(thing)
    return sorted(fresh, key=lambda o: (not o.get("revoked", False), str(o["type"]), str(o["id"]))), known


def _concerns(store: Reading, partner: str, thing: Object) -> bool:
    """Whether it says something to us: a sighting of a campaign of their own does not."""
    if thing["type"] != "sighting" or thing.get("revoked", False):
        return True
    return bool(_subjects(store, partner, thing))


def _subjects(store: Reading, partner: str, thing: Object) -> list[str]:
    """Our campaigns that an opinion or sighting is about: those that we named to this partner."""
    targets = thing.get("object_refs") or [thing.get("sighting_of_ref")]
    rows = [r for target in targets for r in store.rows("shared", named=target, partner_id=partner)]
    return sorted({str(r["subject"]) for r in rows if r["subject"]})


def _check_subject(store: Reading, terms: Terms, partner: str, thing: Object) -> None:
    if thing["type"] == "opinion" and not thing.get("revoked", False):
        if OPINION not in terms.messages:
            raise RefusedError("not_agreed", "the agreement has no opinion")
        if not _subjects(store, partner, thing):
            raise RefusedError("unknown_subject", "an opinion on something we never named to this partner")


def _check_opinions(store: Reading, partner: str, fresh: Sequence[Object]) -> None:
    """One author says one thing about one campaign: what stands, and what comes, agree."""
    coming = {str(o["id"]): o for o in fresh if o["type"] == "opinion"}
    gone = retracted(store)
    said: dict[str, str] = {}
    standing = [
        object_of(store, "received", row)
        for row in accepted(store, partner, kind=OPINION)
        if row["message_id"] not in gone and "--" in str(row["message_id"])
    ]
    for thing in [*(o for o in standing if o and o["id"] not in coming), *coming.values()]:
        if thing.get("revoked", False):
            continue
        for target in thing["object_refs"]:
            if said.setdefault(target, thing["opinion"]) != thing["opinion"]:
                raise RefusedError(
                    "contradictory", "another opinion of this partner on the same campaign stands"
                )


def _take_back(
    store: Writing, partner: Partner, agreement_id: str, thing: Object
) -> dict[str, tuple[str, ...]]:
    """What a version ends: all earlier ones if it is revoked, earlier opinions if it says something else.

    Returns the messages taken back with the decisions that rest on them. A revocation of something that never came is
    kept as well, so that the object cannot come later in an older version.
    """
    object_id, revoked = str(thing["id"]), bool(thing.get("revoked", False))
    message_id, gone = message_of_object(object_id, version_of(thing)), retracted(store)
    rows = [r for r in _history(store, partner.id).get(object_id, []) if r["kind"] != RETRACTION]
    ended = [
        str(r["message_id"])
        for r in rows
        if r["message_id"] not in gone and (revoked or _differs(store, r, thing))
    ]
    place = (partner.id, agreement_id)
    if revoked and not ended:
        record_object(store, place, RETRACTION, message_id, object_id, thing)
    found = {}
    for earlier in ended:
        record_object(store, place, RETRACTION, message_id, earlier, thing)
        found[earlier] = apply_retraction(store, earlier).decisions
    return found


def _differs(store: Reading, row: Row, thing: Object) -> bool:
    """Whether an opinion says something else than its earlier version. Other things grow, which ends nothing."""
    before = object_of(store, "received", row)
    if thing["type"] != "opinion" or before is None:
        return False
    return (before["opinion"], confidence_of(before), basis_of(before), before["object_refs"]) != (
        thing["opinion"],
        confidence_of(thing),
        basis_of(thing),
        thing["object_refs"],
    )


def _enter(
    store: Writing, partner: Partner, agreement_id: str, thing: Object, values: Sequence[tuple[str, str]]
) -> str:
    """Keep an object, and enter what it says about our campaigns; returns its message id."""
    kind, message_id = KINDS[thing["type"]], message_of_object(str(thing["id"]), version_of(thing))
    about = str((thing.get("object_refs") or [thing.get("sighting_of_ref") or thing["id"]])[0])
    record_object(store, (partner.id, agreement_id), kind, message_id, about, thing, values)
    if kind == FINDING:
        return message_id
    word = OUR_OPINION[thing["opinion"]] if kind == OPINION else "investigate"
    sure, basis = confidence_of(thing), basis_of(thing)
    bits = opinion_bits(word, sure, basis, partner.reliability)
    told = f"{word if kind == OPINION else 'seen'} by {basis.replace('_', ' ')}, confidence {sure}"
    ground = Ground(partner.id, message_id, origins_of(thing))
    for campaign_id in _subjects(store, partner.id, thing):
        enter(store, campaign_id, ground, kind=kind, bits=bits, statement=told)
    return message_id
