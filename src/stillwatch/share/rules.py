"""What a message may say after what was said before: replays, answers to nothing, contradictions, budgets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.model.errors import RefusedError
from stillwatch.model.records import Reading
from stillwatch.share.agreement import Terms, check_terms
from stillwatch.share.indicators import check_kinds
from stillwatch.share.ledger import accepted, live_opinions, retracted, session_kinds, spent_by
from stillwatch.share.messages import (
    Body,
    Elements,
    ElementsRequest,
    Indicator,
    Indicators,
    Message,
    Opinion,
    Proposal,
    Retraction,
    SetOrder,
    SetRequest,
    SetResponse,
    SetSize,
    Sighting,
    Summary,
)
from stillwatch.share.oprf import ELEMENT_BYTES, OUTPUT_BYTES
from stillwatch.share.psi import TAG_BYTES
from stillwatch.share.rates import check_elements, check_query
from stillwatch.share.summary import check_summary

POSITION_BYTES = 4


def check_replay(store: Reading, message: Message) -> None:
    """Raise `RefusedError` (`replayed`) for an id that was taken before or a number that is not beyond the last."""
    taken = accepted(store, message.sender)
    last = max((int(row["sequence"]) for row in taken), default=0)
    if message.sequence <= last or any(row["message_id"] == message.id for row in taken):
        raise RefusedError("replayed", f"number {message.sequence} of this series, after {last}")


def check_history(store: Reading, terms: Terms | None, message: Message, attachment: bytes, now: int) -> None:
    """Raise `RefusedError` if the message does not fit what the two partners said to each other before."""
    _check_reply(store, message)
    body, partner = message.body, message.sender
    _check_length(body, attachment)
    if isinstance(body, Proposal):
        _check_proposal(body, message)
    elif isinstance(body, Summary):
        check_summary(body)
    elif isinstance(body, Indicators):
        _check_items(body.items)
    elif isinstance(body, Sighting):
        _check_items((body.indicator,))
    elif isinstance(body, Opinion):
        _check_opinion(store, body, partner)
    elif isinstance(body, Retraction):
        _check_retraction(store, body, message)
    elif terms is not None:
        _check_round(store, terms, body, partner, now)


def _check_reply(store: Reading, message: Message) -> None:
    if message.in_reply_to:
        ours = store.rows("shared", message_id=message.in_reply_to, partner_id=message.sender)
        theirs = accepted(store, message.sender, message_id=message.in_reply_to)
        if not ours and not theirs:
            raise RefusedError("contradictory", "it answers a message that was never sent")


def _check_length(body: Body, attachment: bytes) -> None:
    """The attachment has the length that the sizes in the message give."""
    expected: int | None = 0
    if isinstance(body, SetRequest):
        expected = body.size * ELEMENT_BYTES
    elif isinstance(body, SetResponse):
        expected = body.request_size * ELEMENT_BYTES + body.size * TAG_BYTES
    elif isinstance(body, Elements):
        expected = body.overlap * OUTPUT_BYTES
    elif isinstance(body, SetOrder):
        expected = None if len(attachment) % POSITION_BYTES == 0 else -1
    if expected is not None and len(attachment) != expected:
        raise RefusedError("contradictory", "the attachment has not the length that the message says")


def _check_proposal(body: Proposal, message: Message) -> None:
    check_terms(body.terms)
    check_kinds(body.terms)
    if {message.sender, message.audience} != set(body.terms.parties):
        raise RefusedError("not_a_party", "terms between others")
    if message.agreement != body.terms.id:
        raise RefusedError("contradictory", "names another agreement than it proposes")


def _check_items(items: tuple[Indicator, ...]) -> None:
    if any(item.first_day > item.last_day for item in items):
        raise RefusedError("contradictory", "an indicator was last seen before it was first seen")
    if len({item.digest for item in items}) != len(items):
        raise RefusedError("contradictory", "an indicator is there twice")


def _check_opinion(store: Reading, body: Opinion, partner: str) -> None:
    if not store.rows("shared", named=body.subject, partner_id=partner):
        raise RefusedError("unknown_subject", "an opinion on something we never named to this partner")
    for earlier in live_opinions(store, partner, body.subject):
        if earlier.opinion != body.opinion:
            raise RefusedError(
                "contradictory",
                f"{body.opinion}, after {earlier.opinion} that stands",
                remedy="Retract the earlier opinion first",
            )


def _check_retraction(store: Reading, body: Retraction, message: Message) -> None:
    if body.message == message.id:
        raise RefusedError("self_referring", "a retraction of itself")
    rows = accepted(store, message.sender, message_id=body.message)
    if not rows or rows[0]["kind"] in ("retraction", "agreement"):
        raise RefusedError(
            "contradictory", "retracts what this partner never sent, or what cannot be retracted"
        )
    if body.message in retracted(store):
        raise RefusedError("contradictory", "was retracted already")


def _check_round(store: Reading, terms: Terms, body: Body, partner: str, now: int) -> None:
    """An intersection goes through its rounds in order, between the same two, with the sizes that were named."""
    session = str(getattr(body, "session", ""))
    done = session_kinds(store, partner, session)
    if isinstance(body, SetRequest):
        if store.rows("shared", named=session) or store.rows("received", named=session, accepted=True):
            raise RefusedError("contradictory", "this session was begun before")
        check_query(spent_by(store, partner, now, agreement=terms.id), terms, body.size)
        return
    needs, side, repeats = _ORDER[type(body)]
    if needs not in done or done[needs][0] != side:
        raise RefusedError("contradictory", f"{_name(body)} without {needs}")
    if not repeats and _name(body) in done:
        raise RefusedError("contradictory", f"{_name(body)} twice in one session")
    if isinstance(body, SetResponse):
        if int(done["psi_request"][1]["amount"]) != body.request_size:
            raise RefusedError("contradictory", "answers a set of another size")
        if not terms.smallest_set <= body.size <= terms.largest_set:
            raise RefusedError("set_size", f"a set of {body.size}")
    if isinstance(body, SetSize):
        sizes = (int(done["psi_request"][1]["amount"]), int(done["psi_response"][1]["amount"]))
        if body.overlap > min(sizes):
            raise RefusedError("contradictory", "more common elements than either set has")
    if isinstance(body, ElementsRequest):
        check_elements(spent_by(store, partner, now), terms, int(done["psi_size"][1]["amount"]))
    if isinstance(body, Elements) and int(done["psi_size"][1]["amount"]) != body.overlap:
        raise RefusedError("contradictory", "another number of common elements than was named")


def _name(body: Body) -> str:
    return str(body.__struct_config__.tag).partition(".")[0]


# kind: what has to come before, from whom, and whether it may be said again
_ORDER: Mapping[type[Body], tuple[str, str, bool]] = MappingProxyType(
    {
        SetResponse: ("psi_request", "sent", False),
        SetSize: ("psi_response", "sent", False),
        ElementsRequest: ("psi_size", "received", True),
        SetOrder: ("psi_elements_request", "sent", False),
        Elements: ("psi_order", "sent", False),
    }
)
