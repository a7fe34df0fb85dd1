"""What partners say about one of our campaigns, entered as rows, and weighed together whenever it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stillwatch.model.records import Draft, Reading, Row, Scope, Writing
from stillwatch.share.corroborate import Added, Report, corroborate, opinion_bits
from stillwatch.share.independence import Grouping, Source, group_sources
from stillwatch.share.ledger import PARTNER, retracted, seconds
from stillwatch.share.messages import Message, Opinion, origins_of
from stillwatch.share.partners import partner_by_id

BIT = 1024


@dataclass(frozen=True, slots=True)
class Ground:
    """What a corroboration rests on: partner, message, and where the partner says that it comes from."""

    partner: str
    message: str
    origins: tuple[str, ...] = ()


def ground_of(message: Message) -> Ground:
    """A message as a ground."""
    return Ground(message.sender, message.id, origins_of(message.body))


def enter(
    store: Writing, campaign_id: str, ground: Ground, *, kind: str, bits: float, statement: str
) -> None:
    """Add a corroboration of a campaign of ours."""
    row = {
        "corroboration_id": store.new_id("corroboration"),
        "campaign_id": campaign_id,
        "partner_id": ground.partner,
        "message_id": ground.message,
        "kind": kind,
        "weight": round(bits * BIT),
        "at": store.stamp.at,
        "person": store.stamp.person,
        "role": store.stamp.role,
    }
    payload = {"statement": statement, "origins": list(ground.origins)}
    store.add("corroborations", [Draft(row, payload, Scope(ground.partner, PARTNER))], action="corroborated")


def corroborate_opinion(store: Writing, message: Message) -> None:
    """Enter an opinion on a campaign that we named to the partner, weighed by what it rests on and who says it."""
    body = message.body
    if not isinstance(body, Opinion):
        return
    named = store.rows("shared", named=body.subject, partner_id=message.sender)
    subjects = sorted({str(row["subject"]) for row in named if row["subject"]})
    partner = partner_by_id(store, message.sender)
    reliability = partner.reliability if partner else "F"
    bits = opinion_bits(body.opinion, body.confidence, body.basis, reliability)
    words = f"{body.opinion} by {body.basis.replace('_', ' ')}, confidence {body.confidence}"
    for campaign_id in subjects:
        enter(store, campaign_id, ground_of(message), kind="opinion", bits=bits, statement=words)


def weigh(store: Reading, campaign_id: str, own_bits: float, *, threshold_bits: float) -> Added:
    """What partners add to a campaign today: retracted messages left out, dependent sources counted once."""
    rows = standing(store, campaign_id)
    reports = [_report(store, row) for row in rows]
    return corroborate(own_bits, reports, sources_of(store, rows), threshold_bits=threshold_bits)


def standing(store: Reading, campaign_id: str) -> tuple[Row, ...]:
    """Corroborations of a campaign whose messages were not taken back."""
    gone = retracted(store)
    rows = store.rows("corroborations", campaign_id=campaign_id)
    return tuple(row for row in rows if row["message_id"] not in gone)


def sources_of(store: Reading, rows: Sequence[Row]) -> Grouping:
    """The partners behind corroborations, grouped where one repeats the other or us."""
    ours = frozenset(str(row["digest"]) for row in store.rows("shared"))
    by_partner: dict[str, set[str]] = {}
    for row in rows:
        payload = store.payload("corroborations", row) or {}
        by_partner.setdefault(str(row["partner_id"]), set()).update(payload.get("origins", ()))
    sources = [
        Source(partner, frozenset(origins), _items(store, partner)) for partner, origins in by_partner.items()
    ]
    return group_sources(sources, ours)


def record_matches(
    store: Writing, ground: Ground, named_at: datetime, kind: str, values: Iterable[str]
) -> int:
    """Note which of our values a partner's message names, as marks under this store's key; returns how many are new.

    Digests of two partners differ even for one value, since each agreement has its own key; marks can be compared.
    """
    known = {str(row["mark"]) for row in store.rows("matches", partner_id=ground.partner)}
    marks = sorted({store.account_key(f"{kind}\0{value}") for value in values} - known)
    row = {
        "partner_id": ground.partner,
        "message_id": ground.message,
        "indicator_kind": kind,
        "named_at": named_at,
    }
    row |= {"at": store.stamp.at, "person": store.stamp.person, "role": store.stamp.role}
    drafts = [Draft(row | {"row_id": store.new_id("match"), "mark": mark}) for mark in marks]
    store.add("matches", drafts, action="values_matched")
    return len(marks)


def _items(store: Reading, partner: str) -> dict[str, int]:
    """When a partner first named which of our own values, by mark."""
    found: dict[str, int] = {}
    gone = retracted(store)
    for row in store.rows("matches", partner_id=partner):
        if row["message_id"] not in gone:
            at, mark = seconds(row["named_at"]), str(row["mark"])
            found[mark] = min(at, found.get(mark, at))
    return found


def _report(store: Reading, row: Row) -> Report:
    payload = store.payload("corroborations", row) or {}
    return Report(
        message=str(row["message_id"]),
        partner=str(row["partner_id"]),
        kind=str(row["kind"]),
        bits=int(row["weight"]) / BIT,
        statement=str(payload.get("statement", "")),
    )
