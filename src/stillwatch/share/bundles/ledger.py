"""Bundles and their objects in the ledger of what went out and came in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stillwatch.model.errors import RefusedError
from stillwatch.model.records import Draft, Reading, Row, Scope, Writing
from stillwatch.share.agreement import Terms
from stillwatch.share.gate import Approval
from stillwatch.share.ledger import PARTNER, moment, next_sequence, seconds
from stillwatch.share.outbox import approval_for, approve_content

BUNDLE, RETRACTION = "bundle", "retraction"
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that goes out: what it is, what it is about, and what it rests on (messages of partners)."""

    message_id: str
    kind: str
    named: str
    subject: str
    content: bytes
    payload: Mapping[str, Any] = field(default_factory=dict)


def message_of_object(object_id: str, version: str, partner: str = "") -> str:
    """How an object is named in the ledger: id and version; what we send, also by whom it is for.

    The id of a finding is the same for every partner, what it says is not.
    """
    return f"{object_id}@{version}" + (f"/{partner[:8]}" if partner else "")


def text_of(thing: Object) -> bytes:
    """An object as bytes, whatever the order of its names."""
    text = json.dumps(thing, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")


def release(
    store: Writing, terms: Terms, partner: str, items: Iterable[Item], *, content: str, tlp: str, pap: str
) -> tuple[str, ...]:
    """Write what goes out into the ledger, if the role of the terms approved `content`; returns the new message ids.

    Whoever acts in that role approves by acting; anybody else needs an approval of exactly this content from before.
    What stands in the ledger already is not written again.
    """
    if store.stamp.role == terms.approver:
        approval: Approval | None = approve_content(store, terms, content)
    else:
        approval = approval_for(store, terms, content)
    if approval is None:
        raise RefusedError(
            "not_approved",
            f"nobody in the role {terms.approver} has approved this",
            remedy="Give --role and --by of the person who did",
        )
    written = []
    for item in items:
        if store.rows("shared", message_id=item.message_id):
            continue
        row = {
            "message_id": item.message_id,
            "partner_id": partner,
            "agreement_id": terms.id,
            "kind": item.kind,
            "sequence": next_sequence(store, partner),
            "sent_at": store.stamp.at,
            "expires_at": moment(max(terms.ends, seconds(store.stamp.at))),
            "tlp": tlp,
            "pap": pap,
            "subject": item.subject or None,
            "named": item.named or None,
            "amount": 0,
            "digest": hashlib.sha256(item.content).hexdigest(),
            "bytes": len(item.content),
            "person": approval.name,
            "role": approval.role,
        }
        store.add("shared", [Draft(row, item.payload, Scope(partner, PARTNER))], action="object_released")
        written.append(item.message_id)
    return tuple(written)


def record_bundle(
    store: Writing, partner: str, agreement: str, data: bytes, *, bundle_id: str = "", reason: str = ""
) -> None:
    """Write that a bundle came in; of a refused one nothing but its digest and the reason is kept."""
    row = _received(store, partner, agreement, BUNDLE, bundle_id)
    row |= {"accepted": not reason, "reason": reason, "bytes": max(len(data), 1)}
    row["digest"] = hashlib.sha256(data).hexdigest()
    store.add("received", [Draft(row)], action="message_refused" if reason else "message_received")


def record_object(
    store: Writing,
    place: tuple[str, str],
    kind: str,
    message_id: str,
    named: str,
    thing: Object,
    values: Sequence[tuple[str, str]] = (),
) -> None:
    """Write that an object of a bundle was taken; `place` is partner and agreement, `values` what marks a campaign."""
    partner, agreement = place
    row = _received(store, partner, agreement, kind, message_id)
    row |= {"named": named, "digest": hashlib.sha256(text_of(thing)).hexdigest()}
    payload = {"object": dict(thing), "values": [list(value) for value in values]}
    draft = Draft(row, payload, Scope(partner, PARTNER))
    store.add("received", [draft], action="message_received")


def object_of(store: Reading, table: str, row: Row) -> Object | None:
    """The object of a row; None if its key was destroyed or it is no object."""
    found = (store.payload(table, row) or {}).get("object") if row["key_id"] else None
    return found if isinstance(found, dict) else None


def _received(store: Writing, partner: str, agreement: str, kind: str, message_id: str) -> dict[str, Any]:
    return {
        "receipt_id": store.new_id("receipt"),
        "partner_id": partner,
        "message_id": message_id,
        "agreement_id": agreement,
        "kind": kind,
        "sequence": 0,
        "received_at": store.stamp.at,
        "accepted": True,
        "reason": "",
        "named": None,
        "amount": 0,
        "bytes": 0,
        "person": store.stamp.person,
        "role": store.stamp.role,
    }
