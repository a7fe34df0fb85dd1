"""Messages between two labs, and what comes of them."""

from __future__ import annotations

import secrets

import pytest
from msgspec.structs import replace
from tests.casefile import add_decision
from tests.labs import Lab, introduce, make_terms

from stillwatch.model.errors import RefusedError
from stillwatch.share.agreement import Terms
from stillwatch.share.envelope import attached, peek, seal
from stillwatch.share.inbox import Receipt
from stillwatch.share.look import opened_commitment
from stillwatch.share.messages import ElementsRequest, Opinion, Retraction, SetRequest, Summary
from stillwatch.share.outbox import Outgoing, approve, approve_content, send
from stillwatch.share.partners import SUSPENDED, end, save_partner
from stillwatch.share.review import reviews
from stillwatch.share.rounds import begin, elements_content
from stillwatch.share.weigh import weigh

Labs = tuple[Lab, Lab, Terms]
NAMED = "ab" * 16


def _summary(**changes: object) -> Summary:
    fields: dict[str, object] = {
        "campaign": NAMED,
        "epoch": 0,
        "method": "rounded",
        "accounts": 300,
        "exchanges": 9000,
    }
    return Summary(**(fields | changes))  # type: ignore[arg-type]


def _take(lab: Lab, data: bytes) -> Receipt:
    receipt, _ = lab.desk().handle(data)
    return receipt


def _post(to: Lab) -> object:
    def post(frame: bytes) -> tuple[str, bytes]:
        receipt, answer = to.desk().handle(frame)
        return receipt.reason, answer

    return post


def test_a_message_arrives_and_both_ledgers_have_it(labs: Labs) -> None:
    """The same digest on both sides."""
    a, b, terms = labs
    frame = a.send(b, terms, _summary(), subject="campaign-1")
    assert _take(b, frame.to_bytes()).accepted
    (sent,), (came,) = a.rows("shared"), b.rows("received")
    assert (sent["digest"], sent["kind"], "campaign-1") == (came["digest"], came["kind"], sent["subject"])


def test_a_replay_is_refused(labs: Labs) -> None:
    """And recorded."""
    a, b, terms = labs
    data = a.send(b, terms, _summary()).to_bytes()
    assert ["", "replayed"] == [_take(b, data).reason for _ in range(2)]
    assert [True, False] == [row["accepted"] for row in b.rows("received")]


def test_our_own_message_is_refused_when_it_comes_back(labs: Labs) -> None:
    """With the reason that it is ours, though no partner has our fingerprint."""
    a, b, terms = labs
    assert "self_referring" == _take(a, a.send(b, terms, _summary()).to_bytes()).reason
    assert ["self_referring"] == [row["reason"] for row in a.rows("received")]


def test_a_set_that_the_terms_do_not_allow_does_not_leave(labs: Labs) -> None:
    """A set of two asks about two persons: it is refused here already, and nothing is in the ledger."""
    a, b, terms = labs
    a.values["payment"] = ["card-000000000001", "card-000000000002"]
    with pytest.raises(RefusedError, match="a set of 2"):
        _psi(a, b, terms, secrets.token_hex(16))
    assert () == a.rows("shared")


def test_nothing_goes_out_without_approval(labs: Labs) -> None:
    """Nor with the approval of something else, or of another role."""
    a, b, terms = labs
    with a.writing("engineer") as store, pytest.raises(RefusedError, match="approved"):
        send(store, a.identity, b.id, terms.id, Outgoing(_summary()), approve(store, terms, _summary()))
    with a.writing() as store, pytest.raises(RefusedError, match="approved"):
        other = approve(store, terms, _summary(accounts=400))
        send(store, a.identity, b.id, terms.id, Outgoing(_summary()), other)


def _psi(a: Lab, b: Lab, terms: Terms, session: str) -> Receipt:
    out = begin(a.desk().table, session, "payment", a.values["payment"], "campaign-1")
    with a.writing() as store:
        frame = send(store, a.identity, b.id, terms.id, out, approve(store, terms, out.body))
    return a.desk().post(frame.to_bytes(), _post(b))


def test_size_first_elements_only_if_both_agree(labs: Labs) -> None:
    """The whole of an intersection over two desks."""
    a, b, terms = labs
    session = secrets.token_hex(16)
    a.values["payment"] = [f"card-{n:012}" for n in range(20)]
    b.values["payment"] = [f"card-{n:012}" for n in range(12, 60)]
    _psi(a, b, terms, session)
    (size,) = a.rows("shared", kind="psi_size")
    assert 8 == size["amount"] == b.rows("received", kind="psi_size")[0]["amount"]
    assert 4096 == a.rows("corroborations")[0]["weight"]

    def ask() -> None:
        body = ElementsRequest(session=session, approved_role="legal")
        a.desk().post(a.send(b, terms, body).to_bytes(), _post(b))

    ask()
    assert () == a.rows("matches") == b.rows("matches")
    with b.writing() as store:
        approve_content(store, terms, elements_content(session))
    ask()
    for lab in (a, b):
        with lab.reading() as store:
            assert opened_commitment(store, session, lab.values["payment"])[2]
            assert not opened_commitment(store, session, lab.values["payment"][1:])[2]
    marks = [[row["mark"] for row in lab.rows("matches")] for lab in (a, b)]
    assert 8 == len(marks[0]) and marks[0] == marks[1]  # the test's stores have one key
    assert [] == [*(a.folder / "sessions").iterdir(), *(b.folder / "sessions").iterdir()]


def _question(*, size: int) -> SetRequest:
    return SetRequest(session="e" * 32, indicator_kind="payment", size=size, commitment="0" * 64)


def test_query_budget_and_set_sizes_are_kept(labs: Labs) -> None:
    """Too small a set is refused; too many questions as well."""
    a, b, _ = labs
    a.values["payment"] = [f"card-{n:012}" for n in range(20)]
    b.values["payment"] = a.values["payment"]
    terms = make_terms(a, b, queries_per_week=2)
    introduce(a, b, terms)
    for n in range(2):
        a.later(minutes=2)
        b.later(minutes=2)
        _psi(a, b, terms, f"{n:032x}")
    with pytest.raises(RefusedError, match="query_budget"):
        _psi(a, b, terms, "f" * 32)
    for lab in (a, b):
        lab.later(days=8)
    message = peek(a.send(b, terms, _question(size=20), b"\1" * 640))
    few = b"\1" * 128
    told = replace(
        message, body=_question(size=4), attachment=attached(few), attachment_bytes=len(few)
    )  # by somebody who does not check what he sends
    assert "set_size" == _take(b, seal(told, a.identity, few).to_bytes()).reason


def test_a_bad_element_is_refused_and_changes_nothing(labs: Labs) -> None:
    """Found only when it is computed with, it still leaves the refusal alone behind."""
    a, b, terms = labs
    b.values["payment"] = [f"card-{n:012}" for n in range(9)]
    body = SetRequest(session="1" * 32, indicator_kind="payment", size=5, commitment="0" * 64)
    frame = a.send(b, terms, body, b"\xff" * 160)
    assert "contradictory" == _take(b, frame.to_bytes()).reason
    frame = a.send(b, terms, body, b"".join(bytes([n + 1]) + b"\xff" * 31 for n in range(5)))
    assert "malformed" == _take(b, frame.to_bytes()).reason
    assert not any(row["accepted"] for row in b.rows("received"))
    assert not (b.folder / "sessions").exists()


def _opinion(**changes: str) -> Opinion:
    fields = {"subject": NAMED, "opinion": "confirmed", "basis": "own_observation", "confidence": "high"}
    return Opinion(**(fields | changes))  # type: ignore[arg-type]


def test_an_opinion_adds_bits_and_its_retraction_takes_them_back(labs: Labs) -> None:
    """And marks the decision that was made in between."""
    a, b, terms = labs
    _take(b, a.send(b, terms, _summary(), subject="campaign-1").to_bytes())
    said = b.send(a, terms, _opinion())
    assert _take(a, said.to_bytes()).accepted
    with a.reading() as store:
        added = weigh(store, "campaign-1", 5.0, threshold_bits=6.6)
    assert (3.2, "investigate") == (pytest.approx(added.bits, abs=0.001), added.allowed)
    decide(a, "campaign-1")
    (opinion,) = a.rows("received", kind="opinion")
    body = Retraction(message=str(opinion["message_id"]), reason="mistaken")
    assert _take(a, b.send(a, terms, body).to_bytes()).accepted
    with a.reading() as store:
        assert 0.0 == weigh(store, "campaign-1", 5.0, threshold_bits=6.6).bits
        assert ["decision-1"] == [review.decision_id for review in reviews(store)]


def decide(lab: Lab, campaign_id: str) -> None:
    """A case on a campaign and a decision in it."""
    with lab.writing("analyst") as store:
        add_decision(store, campaign_id)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_opinion(subject="cd" * 16), "unknown_subject"),
        (Retraction(message="cd" * 16, reason="mistaken"), "contradictory"),
        (_summary(first_day=5, last_day=4), "contradictory"),
        (_summary(first_day=5), "contradictory"),
        (_summary(epsilon_permille=100), "contradictory"),
        (ElementsRequest(session="cd" * 16, approved_role="legal"), "contradictory"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_contradicts_is_refused(labs: Labs, body: object, reason: str) -> None:
    """Each with its reason, and nothing but the refusal is kept."""
    a, b, terms = labs
    assert reason == _take(b, a.send(b, terms, body).to_bytes()).reason  # type: ignore[arg-type]
    assert [reason] == [row["reason"] for row in b.rows("received")]


def test_two_opinions_that_differ_need_a_retraction(labs: Labs) -> None:
    """The earlier one stands until it is taken back."""
    a, b, terms = labs
    _take(b, a.send(b, terms, _summary(), subject="campaign-1").to_bytes())
    sent = [b.send(a, terms, _opinion(opinion=o)).to_bytes() for o in ("confirmed", "false_positive")]
    assert ["", "contradictory"] == [_take(a, data).reason for data in sent]


def test_a_flood_is_limited_and_ends(labs: Labs) -> None:
    """Above the agreed rate everything is refused; a minute later it goes on."""
    a, b, terms = labs
    frames = [
        a.send(b, terms, _summary(accounts=300 + n)).to_bytes() for n in range(terms.messages_per_minute + 3)
    ]
    reasons = [_take(b, data).reason for data in frames]
    assert ["flooding"] * 3 == reasons[-3:]
    assert {""} == set(reasons[:-3])
    b.later(minutes=2)
    assert _take(b, frames[-1]).accepted


def test_strangers_cannot_fill_the_ledger(labs: Labs) -> None:
    """Refusals of what nobody signed are recorded up to a number a minute, and partners still get through."""
    a, b, terms = labs
    for n in range(24):
        _take(b, b"\x00\x00\x00\x02{}" + bytes([n]))
    assert 20 == len(b.rows("received"))
    assert _take(b, a.send(b, terms, _summary()).to_bytes()).accepted


def test_a_retraction_goes_even_after_the_agreement_ended(labs: Labs) -> None:
    """What was said can always be taken back; nothing else goes any more."""
    a, b, terms = labs
    _take(b, a.send(b, terms, _summary()).to_bytes())
    for lab in (a, b):
        with lab.writing() as store:
            end(store, terms.id, lab.id)
    with pytest.raises(RefusedError, match="accepted"):
        a.send(b, terms, _summary(accounts=400))
    (sent,) = a.rows("shared")
    body = Retraction(message=str(sent["message_id"]), reason="withdrawn_by_source")
    assert _take(b, a.send(b, terms, body).to_bytes()).accepted


def test_a_suspended_partner_is_neither_heard_nor_told(labs: Labs) -> None:
    """In either direction."""
    a, b, terms = labs
    data = a.send(b, terms, _summary()).to_bytes()
    for lab, other in ((a, b), (b, a)):
        with lab.writing() as store:
            save_partner(store, other.identity.card(other.name), state=SUSPENDED)
    assert "unknown_sender" == _take(b, data).reason
    with pytest.raises(RefusedError, match="active"):
        a.send(b, terms, _summary(accounts=400))
