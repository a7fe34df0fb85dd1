"""What went out and came in: written once per message, read for sequence numbers, budgets and replays."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from stillwatch.model.records import Draft, Reading, Row, Scope, Writing
from stillwatch.model.typed import ready
from stillwatch.share.envelope import Frame
from stillwatch.share.messages import (
    Body,
    Elements,
    Message,
    Opinion,
    SetRequest,
    SetResponse,
    SetSize,
    Summary,
    kind_of,
)
from stillwatch.share.rates import MINUTE, WEEK, Spent

PARTNER = "partner"


def seconds(moment: datetime) -> int:
    """A moment as whole seconds since 1970."""
    return int(moment.timestamp())


def moment(at: int) -> datetime:
    """Seconds since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(at, UTC)


def named_by(body: Body) -> str:
    """The campaign or session that a message is about, as partners name it; of a retraction the message."""
    for name in ("session", "campaign", "subject", "message"):
        value = getattr(body, name, "")
        if value:
            return str(value)
    return ""


def amount_of(body: Body) -> int:
    """What a message spends of a budget."""
    if isinstance(body, SetRequest | SetResponse):
        return body.size
    if isinstance(body, SetSize | Elements):
        return body.overlap
    return body.epsilon_permille if isinstance(body, Summary) else 0


def record_sent(
    store: Writing, message: Message, frame: Frame, *, subject: str, who: tuple[str, str], nonce: str = ""
) -> None:
    """Add a sent message to the ledger; `who` is the person and role that allowed it, `nonce` opens its commitment."""
    body = message.body
    row = {
        "message_id": message.id,
        "partner_id": message.audience,
        "agreement_id": message.agreement,
        "kind": kind_of(body),
        "sequence": message.sequence,
        "sent_at": moment(message.issued),
        "expires_at": moment(message.expires),
        "tlp": message.tlp,
        "pap": message.pap,
        "subject": subject or None,
        "named": named_by(body) or None,
        "amount": amount_of(body),
        "digest": hashlib.sha256(frame.signed).hexdigest(),
        "bytes": len(frame.signed) + len(frame.attachment),
        "person": who[0],
        "role": who[1],
    }
    payload = {"message": msgspec.to_builtins(message), "nonce": nonce}
    store.add("shared", [Draft(row, payload, Scope(message.audience, PARTNER))], action="message_sent")


def record_received(
    store: Writing, frame: Frame, message: Message | None, *, partner: str, reason: str, overlap: int = 0
) -> None:
    """Add what came in to the ledger; of a refused message only its outer facts are kept."""
    body = message.body if message else None
    row: dict[str, Any] = {
        "receipt_id": store.new_id("receipt"),
        "partner_id": partner,
        "message_id": message.id if message else "",
        "agreement_id": message.agreement if message else None,
        "kind": kind_of(body) if body else "",
        "sequence": message.sequence if message else 0,
        "received_at": store.stamp.at,
        "accepted": not reason,
        "reason": reason,
        "named": (named_by(body) or None) if body else None,
        "amount": overlap or (amount_of(body) if body else 0),
        "digest": hashlib.sha256(frame.signed).hexdigest(),
        "bytes": len(frame.signed) + len(frame.attachment),
        "person": store.stamp.person,
        "role": store.stamp.role,
    }
    keep = message is not None and not reason
    payload = {"message": msgspec.to_builtins(message)} if keep else None
    scope = Scope(partner, PARTNER) if keep else None
    store.add(
        "received", [Draft(row, payload, scope)], action="message_refused" if reason else "message_received"
    )


def accepted(store: Reading, partner: str, **equal: Any) -> tuple[Row, ...]:
    """Messages of a partner that were taken."""
    return store.rows("received", partner_id=partner, accepted=True, **equal)


def message_of(store: Reading, table: str, row: Row) -> Message | None:
    """The message of a row of the ledger; None if its key was destroyed, or if it is an object of a bundle."""
    payload = store.payload(table, row)
    return (
        None
        if payload is None or "message" not in payload
        else msgspec.convert(payload["message"], ready(Message))
    )


def next_sequence(store: Reading, partner: str) -> int:
    """Number of the next message to a partner."""
    return max((int(row["sequence"]) for row in store.rows("shared", partner_id=partner)), default=0) + 1


def retracted(store: Reading) -> frozenset[str]:
    """Ids of all messages of partners that were taken back."""
    return frozenset(str(row["named"]) for row in store.rows("received", kind="retraction", accepted=True))


def spent_by(store: Reading, partner: str, now: int, *, agreement: str = "") -> Spent:
    """What a partner did lately. Queries are those of one agreement; elements are those shown in either direction.

    Objects of a bundle have no bytes of their own: the bundle counts, once.
    """
    rows = store.rows("received", partner_id=partner)
    alone = [row for row in rows if row["bytes"] or not row["accepted"]]
    lately = [row for row in alone if seconds(row["received_at"]) > now - MINUTE]
    week = [row for row in rows if seconds(row["received_at"]) > now - WEEK and row["accepted"]]
    ours = store.rows("shared", partner_id=partner)
    shown = [row for row in ours if row["kind"] == "psi_order" and seconds(row["sent_at"]) > now - WEEK]
    sessions = {row["named"] for row in shown}
    sizes = [row for row in week if row["kind"] == "psi_size" and row["named"] in sessions]
    return Spent(
        messages=len(lately),
        refusals=sum(not row["accepted"] for row in lately),
        queries=sum(row["kind"] == "psi_request" and row["agreement_id"] == agreement for row in week),
        elements=sum(int(row["amount"]) for row in sizes),
    )


def session_kinds(store: Reading, partner: str, session: str) -> dict[str, tuple[str, Row]]:
    """Messages of a session by kind, the last of each: `sent` or `received`, and the row."""
    out = {row["kind"]: ("sent", row) for row in store.rows("shared", partner_id=partner, named=session)}
    came = {row["kind"]: ("received", row) for row in accepted(store, partner, named=session)}
    return {str(kind): one for kind, one in (out | came).items()}


def live_opinions(store: Reading, partner: str, subject: str) -> tuple[Opinion, ...]:
    """Opinions of a partner on a subject that were not taken back."""
    gone = retracted(store)
    rows = [r for r in accepted(store, partner, kind="opinion", named=subject) if r["message_id"] not in gone]
    found = [message_of(store, "received", row) for row in rows]
    return tuple(m.body for m in found if m is not None and isinstance(m.body, Opinion))
