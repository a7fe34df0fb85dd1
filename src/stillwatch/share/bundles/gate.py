"""What an agreement lets a bundle hold, in either direction."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stillwatch.model.errors import RefusedError
from stillwatch.share.agreement import (
    FINDING_SHOWS,
    PAP,
    PLAIN,
    Terms,
    check_in_force,
    check_marking,
)
from stillwatch.share.tlp import TLP_IDS

FINDING, OPINION, SIGHTING = "finding", "opinion", "sighting"  # kinds of messages that agreements list
NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(  # any of these kinds allows it
    {
        "campaign": (FINDING,),
        "indicator": (FINDING,),
        "infrastructure": (FINDING,),
        "observed-data": (FINDING,),
        "opinion": (OPINION,),
        "sighting": (SIGHTING, FINDING),
    }
)
PLAIN_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "ipv4-addr": "address",
        "ipv6-addr": "address",
        "autonomous-system": "asn",
        "domain-name": "email_domain",
    }
)
NEVER = frozenset({"email-addr", "url", "x509-certificate"})
PSEUDONYM = re.compile(r"account-[0-9a-f]{16}")
FRAMES = "\nFrames:\n"
MARKED = "PAP:"

Object = Mapping[str, Any]


def check_finding(terms: Terms, fields: Collection[str], tlp: str, pap: str, now: int) -> None:
    """Raise `RefusedError` unless the agreement allows findings with these plain fields and markings today."""
    check_in_force(terms, now)
    _check_kind(terms, (FINDING,))
    check_marking(terms, tlp, pap)
    _check_fields(terms, {*FINDING_SHOWS, *(f"{PLAIN}{name}" for name in fields)})


def check_objects(terms: Terms, objects: Sequence[Object], now: int) -> None:
    """Raise `RefusedError` unless the agreement allows these objects. What is revoked may always go."""
    live = [o for o in objects if not o.get("revoked", False)]
    said = sorted({str(o["type"]) for o in live} & NEEDS.keys())
    if said:
        check_in_force(terms, now)
    for kind in said:
        _check_kind(terms, NEEDS[kind])
    shown = {f"{PLAIN}{name}" for name in plain_fields(live)}
    if "campaign" in said:
        shown |= set(FINDING_SHOWS)
    _check_fields(terms, shown)
    for tlp, pap in _markings(terms, objects):
        check_marking(terms, tlp, pap)


def plain_fields(objects: Iterable[Object]) -> set[str]:
    """Fields that go as they are. Raises `RefusedError` for values that no agreement can allow."""
    found = set()
    for thing in objects:
        kind = str(thing["type"])
        if kind in NEVER:
            raise RefusedError("not_agreed", f"{kind} is in no agreement", remedy="Leave it out")
        if kind in PLAIN_TYPES:
            found.add(PLAIN_TYPES[kind])
        if kind == "user-account" and not PSEUDONYM.fullmatch(str(thing.get("user_id", ""))):
            found.add("account")
        if kind == "note" and FRAMES in str(thing["content"]):
            found.add("template")
    return found


def _check_kind(terms: Terms, kinds: Sequence[str]) -> None:
    if not set(kinds) & set(terms.messages):
        raise RefusedError(
            "not_agreed", f"the agreement has no {kinds[0]}", remedy=f"It has: {', '.join(terms.messages)}"
        )


def _check_fields(terms: Terms, shown: Collection[str]) -> None:
    extra = sorted(set(shown) - set(terms.fields))
    if extra:
        raise RefusedError(
            "not_agreed",
            f"field {', '.join(extra)} not in the agreement",
            remedy=f"It has: {', '.join(terms.fields)}",
        )


def _markings(terms: Terms, objects: Iterable[Object]) -> Iterable[tuple[str, str]]:
    """TLP and PAP of each object that has any."""
    levels = {marking: level for level, marking in TLP_IDS.items()}
    for thing in objects:
        labels = [str(label) for label in _listed(thing, "labels")]
        paps = [label[len(MARKED) :].lower() for label in labels if label.startswith(MARKED)]
        for tlp in (levels[m] for m in map(str, _listed(thing, "object_marking_refs")) if m in levels):
            yield tlp, paps[0] if paps and paps[0] in PAP else terms.pap


def _listed(thing: Object, name: str) -> Sequence[object]:
    """A property that is a list where it is there.

    Raises `RefusedError` if it is something else: what marks an object must be legible.
    """
    value = thing.get(name, ())
    if not isinstance(value, (list, tuple)):
        raise RefusedError(
            "malformed", f"{name} of an object is no list", remedy="Ask the sender to repair it"
        )
    return value
