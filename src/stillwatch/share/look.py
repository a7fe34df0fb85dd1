"""Small questions to the ledger and the messages in it, as the command line asks them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from stillwatch.model.errors import UsageError
from stillwatch.model.records import Reading, Row, Writing
from stillwatch.model.typed import ready
from stillwatch.share import psi
from stillwatch.share.agreement import Terms
from stillwatch.share.identity import Identity
from stillwatch.share.indicators import epoch_key, keyed_digest, look_up
from stillwatch.share.ledger import message_of, retracted
from stillwatch.share.messages import (
    MOST_ITEMS,
    Indicator,
    Indicators,
    Message,
    Opinion,
    Retraction,
    SetRequest,
    SetResponse,
    Summary,
)
from stillwatch.share.partners import Partner, agreement_in_force, partner_by_id, partners
from stillwatch.share.rounds import canonical_set
from stillwatch.share.summary import CampaignFacts, summarise
from stillwatch.share.weigh import ground_of, record_matches

T = TypeVar("T")
NO_EVIDENCE = ("retraction", "agreement", "bundle")  # kinds that say nothing about a campaign


def ledger_lines(store: Reading, partner: str) -> list[dict[str, Any]]:
    """Sent and received messages, oldest first, of one partner or of all."""
    named = {"partner_id": partner} if partner else {}
    gone, names = retracted(store), {p.id: p.card.name for p in partners(store)}
    lines = [_line("sent", row, row["sent_at"], "", names) for row in store.rows("shared", **named)]
    for row in store.rows("received", **named):
        state = row["reason"] or ("retracted" if row["message_id"] in gone else "accepted")
        lines.append(_line("received", row, row["received_at"], state, names))
    return sorted(lines, key=lambda line: (line["at"], line["entry"]))


def _line(way: str, row: Row, at: datetime, state: str, names: Mapping[str, str]) -> dict[str, Any]:
    fields = ("entry", "message_id", "kind", "named", "partner_id", "amount", "bytes", "digest")
    said = {"at": at.isoformat(timespec="seconds"), "way": way, "state": state}
    return said | {"partner": names.get(row["partner_id"], "")} | {f: row[f] for f in fields}


def received_message(store: Reading, wanted: str, kind: str) -> Message:
    """An accepted message of a kind, by the beginning of its id. Raises `UsageError` unless there is exactly one."""
    gone = retracted(store)
    rows = [
        row
        for row in store.rows("received", accepted=True, kind=kind)
        if str(row["message_id"]).startswith(wanted) and row["message_id"] not in gone
    ]
    found = message_of(store, "received", rows[0]) if len(rows) == 1 and wanted else None
    if found is None:
        raise UsageError(
            f"{len(rows)} {kind} messages begin with {wanted!r}", remedy="See: stillwatch share ledger"
        )
    return found


@dataclass(frozen=True, slots=True)
class Evidence:
    """A message that came in, as it can be exhibited: from whom, how reliable, and its content as JSON."""

    message_id: str
    kind: str
    partner_id: str
    partner: str
    reliability: str
    content: bytes


def evidence_of(store: Reading, wanted: str) -> Evidence:
    """An accepted message by the beginning of its id. Raises `UsageError` unless there is one, and it stands."""
    gone = retracted(store)
    rows = [
        row
        for row in store.rows("received", accepted=True)
        if wanted and str(row["message_id"]).startswith(wanted) and row["kind"] not in NO_EVIDENCE
    ]
    payload = store.payload("received", rows[0]) if len(rows) == 1 else None
    partner = partner_by_id(store, str(rows[0]["partner_id"])) if payload else None
    if payload is None or partner is None:
        raise UsageError(
            f"{len(rows)} messages of partners begin with {wanted!r}", remedy="See: stillwatch share ledger"
        )
    row = rows[0]
    if row["message_id"] in gone:
        raise UsageError("this message was taken back", remedy="See: stillwatch share ledger")
    content = json.dumps(payload, sort_keys=True, indent=1, ensure_ascii=False).encode()
    return Evidence(
        str(row["message_id"]),
        str(row["kind"]),
        partner.id,
        partner.card.name,
        partner.reliability,
        content,
    )


def retraction_of(store: Reading, wanted: str, reason: str) -> Retraction:
    """The retraction of a message that we sent. Raises `UsageError` unless it is one message and a known reason."""
    rows = [row for row in store.rows("shared") if str(row["message_id"]).startswith(wanted)]
    if len(rows) != 1 or not wanted:
        raise UsageError(
            f"{len(rows)} messages of ours begin with {wanted!r}", remedy="See: stillwatch share ledger"
        )
    if "--" in str(rows[0]["message_id"]):
        raise UsageError("it is an object of a bundle", remedy="Take it back with: stillwatch share revoke")
    return _converted(
        {"kind": "retraction.v1", "message": rows[0]["message_id"], "reason": reason}, Retraction
    )


def read_opinion(fields: Mapping[str, Any]) -> Opinion:
    """An opinion from what the command line was given. Raises `UsageError` for a word that is none of the allowed."""
    return _converted(fields, Opinion)


def _converted(fields: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(fields, ready(kind))
    except msgspec.ValidationError as error:
        raise UsageError(str(error), remedy="The words allowed stand in --help") from error


def day_number(text: str) -> int:
    """Days since 1970 of a date; today for an empty text. Raises `UsageError`."""
    try:
        day = date.fromisoformat(text) if text else datetime.now(UTC).date()
    except ValueError as error:
        raise UsageError(f"no date: {text!r}", remedy="Write it like 2026-11-02") from error
    return (day - date(1970, 1, 1)).days


def indicator_messages(
    identity: Identity,
    partner: Partner,
    terms: Terms,
    values: Mapping[str, Sequence[str]],
    days: tuple[int, int],
    *,
    now: int,
) -> tuple[Indicators, ...]:
    """Keyed digests of values by kind, at most 5,000 a message. Raises `RefusedError` for values of low entropy."""
    epoch = terms.epoch(now)
    key = epoch_key(identity, bytes.fromhex(partner.card.exchange), terms, epoch)
    digests = {(keyed_digest(key, kind, value), kind) for kind, some in values.items() for value in some}
    if not digests:
        raise UsageError("no values", remedy="One value a line")
    items = [
        Indicator(kind=kind, digest=one, first_day=days[0], last_day=days[1]) for one, kind in sorted(digests)
    ]
    parts = (items[start : start + MOST_ITEMS] for start in range(0, len(items), MOST_ITEMS))
    return tuple(Indicators(epoch=epoch, items=tuple(part)) for part in parts)


def look_up_all(
    store: Writing, identity: Identity, kind: str, values: Sequence[str]
) -> tuple[tuple[str, str, int], ...]:
    """Our values among the digests of all messages that stand: message, partner, how many; marks of them are kept."""
    gone = retracted(store)
    found = []
    for row in store.rows("received", accepted=True, kind="indicators"):
        message = message_of(store, "received", row)
        partner = partner_by_id(store, str(row["partner_id"]))
        if (
            message is None
            or partner is None
            or message.id in gone
            or not isinstance(message.body, Indicators)
        ):
            continue
        terms = agreement_in_force(store, message.agreement, partner.id)
        key = epoch_key(identity, bytes.fromhex(partner.card.exchange), terms, message.body.epoch)
        digests = [item.digest for item in message.body.items if item.kind == kind]
        ours = look_up(key, kind, values, digests)
        record_matches(store, ground_of(message), row["received_at"], kind, ours)
        found.append((message.id, partner.card.name, len(ours)))
    return tuple(found)


def opened_commitment(store: Reading, session: str, values: Sequence[str]) -> tuple[str, str, bool]:
    """What we committed to in a session, the nonce that opens it, and whether these values are the set.

    An auditor who gets nonce and values can do the same with the message that the partner holds.
    """
    for row in store.rows("shared", named=session):
        message = message_of(store, "shared", row)
        body = message.body if message else None
        if isinstance(body, SetRequest | SetResponse):
            nonce = str((store.payload("shared", row) or {}).get("nonce", ""))
            kind = body.indicator_kind if isinstance(body, SetRequest) else _asked_kind(store, session)
            same = psi.commitment(canonical_set(kind, values), bytes.fromhex(nonce)) == body.commitment
            return body.commitment, nonce, same
    raise UsageError(f"no set of ours in session {session!r}", remedy="See: stillwatch share ledger")


def _asked_kind(store: Reading, session: str) -> str:
    for row in store.rows("received", named=session, kind="psi_request", accepted=True):
        message = message_of(store, "received", row)
        if message is not None and isinstance(message.body, SetRequest):
            return message.body.indicator_kind
    return ""


def summary_like(store: Reading, identity: Identity, theirs: Message, facts: CampaignFacts) -> Summary:
    """Our campaign as a summary that compares with theirs: same agreement, same epoch, rounded."""
    partner = partner_by_id(store, theirs.sender)
    if partner is None or not isinstance(theirs.body, Summary):
        raise UsageError("no summary of a partner", remedy="See: stillwatch share ledger")
    terms = agreement_in_force(store, theirs.agreement, theirs.sender)
    key = epoch_key(identity, bytes.fromhex(partner.card.exchange), terms, theirs.body.epoch)
    return summarise(facts, fields=terms.fields, key=key, epoch=theirs.body.epoch)
