"""Everything that comes in: checked from the outside in, kept with a reason if refused, and only then let through."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.model.errors import RefusedError
from stillwatch.model.records import Reading, Writing
from stillwatch.share.agreement import check_marking
from stillwatch.share.envelope import Frame, open_frame, peek, split
from stillwatch.share.gate import check_content
from stillwatch.share.ledger import record_received, seconds, spent_by
from stillwatch.share.messages import Message, Proposal, Retraction
from stillwatch.share.partners import ACTIVE, Partner, agreement_in_force, partner_by_id, propose
from stillwatch.share.rates import REFUSALS_PER_MINUTE, check_flood
from stillwatch.share.review import apply_retraction
from stillwatch.share.rules import check_history, check_replay
from stillwatch.share.weigh import corroborate_opinion

STRANGERS_PER_MINUTE = 30


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of something that came in. `message` is None if it was refused; `common` is how many elements of two
    sets are common, where the message, or what answers it, says so."""

    reason: str
    what: str
    message: Message | None = None
    attachment: bytes = b""
    common: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was taken."""
        return self.message is not None


@dataclass(frozen=True, slots=True)
class Opened:
    """What came in, after all checks: `error` is why it is refused. `partner` is empty unless a signature held."""

    frame: Frame
    message: Message | None
    partner: str
    error: RefusedError | None


def examine(store: Reading, us: str, data: bytes, now: int) -> Opened:
    """Check what came in and write nothing."""
    try:
        frame = split(data)
    except RefusedError as error:
        return Opened(Frame(data[:64]), None, "", error)
    verified, claimed = "", None
    try:
        claimed = peek(frame)
        if claimed.sender == us:
            raise RefusedError("self_referring", "from us to us")
        partner = _partner(store, claimed)
        message = open_frame(frame, partner.card, us, now)
        verified = partner.id
        _check(store, message, frame, partner, now)
    except RefusedError as error:
        return Opened(frame, claimed if verified else None, verified, error)
    return Opened(frame, message, verified, None)


def receive(store: Writing, us: str, data: bytes) -> Receipt:
    """Take in a frame, or refuse it. Either way the ledger says so; a refused one changes nothing else."""
    opened = examine(store, us, data, seconds(store.stamp.at))
    if opened.error is not None or opened.message is None:
        return refuse(store, opened, opened.error or RefusedError("malformed", "no message"))
    record_received(store, opened.frame, opened.message, partner=opened.partner, reason="")
    _apply(store, opened.message, us)
    return Receipt("", "accepted", opened.message, opened.frame.attachment)


def refuse(store: Writing, opened: Opened, error: RefusedError) -> Receipt:
    """Record a refusal. A flood is recorded up to a number a minute, so that it cannot fill the ledger."""
    spent = spent_by(store, opened.partner, seconds(store.stamp.at))
    if spent.refusals < REFUSALS_PER_MINUTE:
        record_received(store, opened.frame, opened.message, partner=opened.partner, reason=error.reason)
    return Receipt(error.reason, error.what)


def _partner(store: Reading, claimed: Message) -> Partner:
    partner = partner_by_id(store, claimed.sender)
    if partner is None:
        raise RefusedError("unknown_sender", "no partner has this fingerprint")
    if partner.state != ACTIVE:
        raise RefusedError("unknown_sender", f"this partner is {partner.state}")
    return partner


def _check(store: Reading, message: Message, frame: Frame, partner: Partner, now: int) -> None:
    """The checks that need the history, once it is certain who speaks."""
    body = message.body
    spent = spent_by(store, partner.id, now)
    if isinstance(body, Proposal):
        check_flood(spent, STRANGERS_PER_MINUTE)
        check_replay(store, message)
        check_history(store, None, message, frame.attachment, now)
        return
    over = isinstance(body, Retraction)
    terms = agreement_in_force(store, message.agreement, partner.id, ended_too=over)
    check_flood(spent, terms.messages_per_minute)
    check_replay(store, message)
    check_marking(terms, message.tlp, message.pap)
    check_content(terms, body, message.tlp, message.pap, now)
    check_history(store, terms, message, frame.attachment, now)


def _apply(store: Writing, message: Message, us: str) -> None:
    """What an accepted message changes by itself: terms are kept as proposed, opinions and retractions are entered."""
    if isinstance(message.body, Proposal):
        propose(store, message.body.terms, us)
    if isinstance(message.body, Retraction):
        apply_retraction(store, message.body.message)
    corroborate_opinion(store, message)
