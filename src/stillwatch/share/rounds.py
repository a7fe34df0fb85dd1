"""The rounds of an intersection as messages: what each side computes, keeps and sends on what it received."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from stillwatch.model.errors import RefusedError
from stillwatch.model.records import Reading, Writing
from stillwatch.share import psi
from stillwatch.share.corroborate import overlap_bits
from stillwatch.share.gate import elements_content
from stillwatch.share.indicators import canonical
from stillwatch.share.ledger import moment, session_kinds
from stillwatch.share.messages import (
    Elements,
    ElementsRequest,
    Message,
    SetOrder,
    SetRequest,
    SetResponse,
    SetSize,
)
from stillwatch.share.oprf import Oprf
from stillwatch.share.outbox import Outgoing, approval_for
from stillwatch.share.partners import agreement_in_force
from stillwatch.share.sessions import Sessions
from stillwatch.share.weigh import enter, ground_of, record_matches

BACKGROUND = 0.001  # share of our values that a partner has by chance, unless the caller knows better


@dataclass(frozen=True, slots=True)
class Table:
    """What an intersection needs besides the store: the function, the session files, our values by kind."""

    oprf: Oprf
    sessions: Sessions
    values: Callable[[str], Sequence[str]]
    background: float = BACKGROUND


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from a message, worked out before anything is written.

    `keep` is the secret state of the session to go on with, `over` a session that ended, `overlap` bits and words on
    our own campaign, `matched` common values in their canonical form.
    """

    out: Outgoing | None = None
    keep: tuple[str, msgspec.Struct] | None = None
    over: str = ""
    overlap: tuple[float, str] | None = None
    matched: tuple[bytes, ...] = ()


def begin(table: Table, session: str, kind: str, values: Iterable[str], campaign_id: str) -> Outgoing:
    """Round 1: ask about our values of a kind that belong to a campaign."""
    asked, blinded = psi.ask(table.oprf, canonical_set(kind, values))
    table.sessions.keep(session, asked)
    body = SetRequest(
        session=session,
        indicator_kind=kind,
        size=len(asked.values),
        commitment=psi.commitment(asked.values, asked.nonce),
    )
    return Outgoing(body, blinded, subject=campaign_id, nonce=asked.nonce.hex())


def canonical_set(kind: str, values: Iterable[str]) -> set[bytes]:
    """Canonical bytes of values, those that cannot be read left out."""
    found = set()
    for value in values:
        try:
            found.add(canonical(kind, value))
        except RefusedError as error:
            if error.reason == "unknown_kind":
                raise
    return found


def react(store: Reading, table: Table, message: Message, attachment: bytes) -> Reaction:
    """What an accepted message leads to. Takes its time and writes nothing.

    Raises `RefusedError` if the attachment turns out to be no part of this intersection.
    """
    body = message.body
    if isinstance(body, SetRequest):
        return _answer(table, body, message.id, attachment)
    if isinstance(body, SetResponse):
        return _count(table, body, message.id, attachment)
    if isinstance(body, ElementsRequest):
        return _show(store, table, body, message)
    if isinstance(body, SetOrder):
        return _name(table, body, message.id, attachment)
    if isinstance(body, Elements):
        found = psi.matched(table.sessions.load(body.session, psi.Answer), attachment)
        return Reaction(over=body.session, matched=found)
    return Reaction()


def counted(message: Message, reaction: Reaction) -> int | None:
    """How many elements of two sets are common, where a message or what answers it says so."""
    bodies = (message.body, reaction.out.body if reaction.out else None)
    return next((body.overlap for body in bodies if isinstance(body, SetSize | Elements)), None)


def carry_out(store: Writing, table: Table, message: Message, reaction: Reaction) -> None:
    """Write what a reaction found: weight for our campaign, marks of common values, the state of the session."""
    if reaction.overlap:
        bits, words = reaction.overlap
        campaign = _campaign(store, message.sender, str(getattr(message.body, "session", "")))
        if campaign:
            enter(store, campaign, ground_of(message), kind="overlap", bits=bits, statement=words)
    kind, values = split_values(reaction.matched)
    if kind:
        record_matches(store, ground_of(message), moment(message.issued), kind, values)
    if reaction.keep:
        table.sessions.keep(*reaction.keep)
    if reaction.over:
        table.sessions.drop(reaction.over)


def _answer(table: Table, body: SetRequest, message_id: str, blinded: bytes) -> Reaction:
    prepared = psi.prepare(table.oprf, canonical_set(body.indicator_kind, table.values(body.indicator_kind)))
    kept, reply = psi.answer(table.oprf, prepared, blinded)
    answer = SetResponse(
        session=body.session,
        request_size=body.size,
        size=len(kept.values),
        commitment=psi.commitment(kept.values, kept.nonce),
    )
    out = Outgoing(answer, reply, in_reply_to=message_id, nonce=kept.nonce.hex())
    return Reaction(out, keep=(body.session, kept))


def _count(table: Table, body: SetResponse, message_id: str, reply: bytes) -> Reaction:
    asked = psi.overlap(table.oprf, table.sessions.load(body.session, psi.Asked), reply, body.size)
    bits = overlap_bits(asked.overlap, len(asked.values), table.background)
    words = f"{asked.overlap} of our {len(asked.values)} values are among {body.size} of theirs"
    out = Outgoing(SetSize(session=body.session, overlap=asked.overlap), in_reply_to=message_id)
    return Reaction(out, keep=(body.session, asked), overlap=(bits, words))


def _show(store: Reading, table: Table, body: ElementsRequest, message: Message) -> Reaction:
    """The order, if a person here agreed; otherwise nothing, and the request waits in the ledger."""
    terms = agreement_in_force(store, message.agreement, message.sender)
    approval = approval_for(store, terms, elements_content(body.session))
    if approval is None:
        return Reaction()
    kept = table.sessions.load(body.session, psi.Answer)
    order = SetOrder(session=body.session, approved_role=approval.role)
    return Reaction(Outgoing(order, psi.order_to_bytes(kept.order), in_reply_to=message.id))


def _name(table: Table, body: SetOrder, message_id: str, order: bytes) -> Reaction:
    asked = table.sessions.load(body.session, psi.Asked)
    found, outputs = psi.common(table.oprf, asked, order)
    if len(found) != asked.overlap:
        raise RefusedError("contradictory", "the elements are not as many as were counted")
    out = Outgoing(Elements(session=body.session, overlap=len(found)), outputs, in_reply_to=message_id)
    return Reaction(out, over=body.session, matched=found)


def split_values(found: Sequence[bytes]) -> tuple[str, tuple[str, ...]]:
    """Kind and values of canonical bytes of one kind."""
    pairs = [value.decode().partition("\0") for value in found]
    return (pairs[0][0] if pairs else ""), tuple(value for _, _, value in pairs)


def _campaign(store: Reading, partner: str, session: str) -> str:
    _, row = session_kinds(store, partner, session)["psi_request"]
    return str(row["subject"] or "")
