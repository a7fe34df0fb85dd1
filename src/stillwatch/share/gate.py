"""The gate that everything sent passes: allowed by the agreement, approved by a named person in the named role."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from stillwatch.model.errors import RefusedError
from stillwatch.share.agreement import SUMMARY_FIELDS, Terms, check_in_force, check_marking
from stillwatch.share.canonical import digest
from stillwatch.share.indicators import KEYED_KINDS
from stillwatch.share.messages import (
    Body,
    ElementsRequest,
    Indicators,
    Proposal,
    SetOrder,
    SetRequest,
    Sighting,
    Summary,
    kind_of,
)

FREE_KINDS = ("agreement", "retraction")  # what must be possible without terms that list it
FOLLOW_KINDS = (
    "psi_response",
    "psi_size",
    "psi_elements",
)  # what a person approved by approving the session's start


@dataclass(frozen=True, slots=True)
class Approval:
    """A person in a role allowed exactly this content to go; `content` is its digest."""

    content: str
    role: str
    name: str
    at: int


def content_of(body: Body, tlp: str, pap: str) -> str:
    """What is approved: a digest of content and markings; of the elements of an intersection, their session."""
    if isinstance(body, ElementsRequest | SetOrder):
        return elements_content(body.session)
    return digest([digest(body), tlp, pap])


def elements_content(session: str) -> str:
    """What is approved when a person allows the elements of a session to be shown."""
    return f"elements:{session}"


def check_content(terms: Terms, body: Body, tlp: str, pap: str, now: int) -> None:
    """Raise `RefusedError` unless the agreement allows this content today, in either direction."""
    kind = kind_of(body)
    if isinstance(body, Proposal):
        return
    if kind not in FREE_KINDS:
        check_in_force(terms, now)
        if kind not in terms.messages and not _follows_allowed(kind, terms):
            raise RefusedError(
                "not_agreed", f"the agreement has no {kind}", remedy=f"It has: {', '.join(terms.messages)}"
            )
    check_marking(terms, tlp, pap)
    _check_fields(terms, body)


def check_approval(terms: Terms, body: Body, tlp: str, pap: str, approval: Approval | None) -> None:
    """Raise `RefusedError` (`not_approved`) unless the role of the agreement approved exactly this content."""
    if kind_of(body) in FOLLOW_KINDS:
        return
    wanted = content_of(body, tlp, pap)
    if approval is None or approval.content != wanted or approval.role != terms.approver:
        raise RefusedError(
            "not_approved",
            f"nobody in the role {terms.approver} has approved this {kind_of(body)}",
            remedy="Give --role and --by of the person who did",
        )


def _follows_allowed(kind: str, terms: Terms) -> bool:
    """Later rounds of an intersection are allowed where its start is."""
    return kind.startswith("psi_") and "psi_request" in terms.messages


def _check_fields(terms: Terms, body: Body) -> None:
    if isinstance(body, Summary):
        shown = {
            "accounts": body.accounts is not None,
            "exchanges": body.exchanges is not None,
            "capabilities": bool(body.capabilities),
            "timing": body.first_day is not None or bool(body.rhythm),
            "templates": bool(body.templates),
        }
        _only([f for f in SUMMARY_FIELDS if shown[f]], terms.fields, "field")
    if isinstance(body, Indicators):
        _only([item.kind for item in body.items], _keyed(terms), "keyed kind")
    if isinstance(body, Sighting):
        _only([body.indicator.kind], _keyed(terms), "keyed kind")
    if isinstance(body, SetRequest):
        _only([body.indicator_kind], terms.private_kinds, "kind in intersections")


def _keyed(terms: Terms) -> tuple[str, ...]:
    """Kinds allowed as digests: those agreed on, less those that no agreement can allow."""
    return tuple(kind for kind in terms.keyed_kinds if kind in KEYED_KINDS)


def _only(found: list[str], allowed: tuple[str, ...], what: str) -> None:
    extra = sorted(set(found) - set(allowed))
    if extra:
        raise RefusedError(
            "not_agreed",
            f"{what} {', '.join(extra)} not in the agreement",
            remedy=f"It has: {', '.join(allowed)}",
        )


def masked(body: Body) -> dict[str, object]:
    """What a log may say of a message: kind and sizes, no digest, no count, no text."""
    sizes = {
        name: len(value) if isinstance(value, tuple) else 1
        for name, value in msgspec.structs.asdict(body).items()
        if value not in (None, "", ())
    }
    return {"kind": kind_of(body), "sizes": sizes}
