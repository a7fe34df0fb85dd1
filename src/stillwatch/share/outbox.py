"""Everything that goes out: through the gate, sealed, and into the ledger before it leaves."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from stillwatch.model.errors import RefusedError
from stillwatch.model.records import Draft, Reading, Writing
from stillwatch.share.agreement import Pap, Terms, Tlp
from stillwatch.share.envelope import Frame, attached, seal
from stillwatch.share.gate import Approval, check_approval, check_content, content_of
from stillwatch.share.identity import Identity
from stillwatch.share.ledger import next_sequence, record_sent, seconds
from stillwatch.share.messages import AnyBody, Message, Proposal, Retraction, SetRequest, Summary
from stillwatch.share.noise import spend
from stillwatch.share.partners import ACTIVE, agreement_in_force, partner_by_id
from stillwatch.share.rates import check_size

LIFE_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to go: content, markings (those of the terms by default), what it answers and is about.

    `nonce` opens the commitment in it, and stays in our ledger.
    """

    body: AnyBody
    attachment: bytes = b""
    in_reply_to: str = ""
    subject: str = ""
    tlp: Tlp | None = None
    pap: Pap | None = None
    nonce: str = ""


def send(
    store: Writing,
    identity: Identity,
    partner: str,
    agreement: str,
    out: Outgoing,
    approval: Approval | None = None,
) -> Frame:
    """The frame to hand to the transport; the ledger has it already.

    Raises `RefusedError` if the agreement does not allow it, nobody in its role approved it, or a budget is used up.
    """
    now = seconds(store.stamp.at)
    terms = _terms(store, identity, partner, agreement, out.body)
    marked = replace(out, tlp=out.tlp or terms.tlp, pap=out.pap or terms.pap)
    check_content(terms, out.body, marked.tlp or terms.tlp, marked.pap or terms.pap, now)
    check_approval(terms, out.body, marked.tlp or terms.tlp, marked.pap or terms.pap, approval)
    if isinstance(out.body, SetRequest):
        check_size(terms, out.body.size)
    if isinstance(out.body, Summary) and out.body.epsilon_permille:
        spend(epsilon_spent(store, partner, out.subject), out.body.epsilon_permille, terms.epsilon_permille)
    message = Message(
        version=1,
        id=secrets.token_hex(16),
        sender=identity.fingerprint,
        audience=partner,
        agreement=terms.id,
        sequence=next_sequence(store, partner),
        issued=now,
        expires=now + LIFE_SECONDS,
        tlp=marked.tlp or terms.tlp,
        pap=marked.pap or terms.pap,
        body=out.body,
        in_reply_to=out.in_reply_to,
        attachment=attached(out.attachment),
        attachment_bytes=len(out.attachment),
    )
    frame = seal(message, identity, out.attachment)
    who = (approval.name, approval.role) if approval else (store.stamp.person, store.stamp.role)
    record_sent(store, message, frame, subject=out.subject, who=who, nonce=out.nonce)
    return frame


def approve(
    store: Writing, terms: Terms, body: AnyBody, *, tlp: Tlp | None = None, pap: Pap | None = None
) -> Approval:
    """The person of the stamp allows exactly this content; kept as a row. The gate checks the role."""
    return approve_content(store, terms, content_of(body, tlp or terms.tlp, pap or terms.pap))


def approve_content(store: Writing, terms: Terms, content: str) -> Approval:
    """The person of the stamp allows what `content` stands for."""
    stamp = store.stamp
    row: dict[str, object] = {
        "approval_id": store.new_id("approval"),
        "agreement_id": terms.id,
        "content": content,
    }
    row |= {"at": stamp.at, "person": stamp.person, "role": stamp.role}
    store.add("approvals", [Draft(row)], action="approved")
    return Approval(content, stamp.role, stamp.person, seconds(stamp.at))


def approval_for(store: Reading, terms: Terms, content: str) -> Approval | None:
    """The last approval of a content in the role of the terms."""
    rows = store.rows("approvals", agreement_id=terms.id, content=content, role=terms.approver)
    return (
        Approval(content, str(rows[-1]["role"]), str(rows[-1]["person"]), seconds(rows[-1]["at"]))
        if rows
        else None
    )


def epsilon_spent(store: Reading, partner: str, campaign_id: str) -> int:
    """Thousandths of epsilon that summaries of a campaign have cost with one partner."""
    rows = store.rows("shared", partner_id=partner, kind="summary", subject=campaign_id)
    return sum(int(row["amount"]) for row in rows)


def _terms(store: Reading, identity: Identity, partner: str, agreement: str, body: AnyBody) -> Terms:
    if isinstance(body, Proposal):
        body.terms.other(identity.fingerprint)
        return body.terms
    known = partner_by_id(store, partner)
    if known is None or known.state != ACTIVE:
        raise RefusedError(
            "unknown_recipient",
            "no active partner has this fingerprint",
            remedy="See: stillwatch partner list",
        )
    return agreement_in_force(store, agreement, partner, ended_too=isinstance(body, Retraction))
