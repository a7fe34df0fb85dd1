"""STIX bundles between two labs under an agreement: what goes, what is taken, what it does, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.casefile import add_decision
from tests.labs import START, Lab, introduce, make_terms

from stillwatch.model.errors import RefusedError, UsageError
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.share.agreement import Terms
from stillwatch.share.bundles.match import finding_of, match, match_bits
from stillwatch.share.bundles.say import answer, bundle_of, release_finding, revoke
from stillwatch.share.bundles.take import Taken, take_bundle
from stillwatch.share.bundles.words import ORIGIN, basis_of, confidence_of, origins_of
from stillwatch.share.finding import Scan
from stillwatch.share.partners import SUSPENDED, end, find_partner, save_partner
from stillwatch.share.publication import Publication
from stillwatch.share.review import reviews, to_take_back
from stillwatch.share.stix.bundle import stix_objects
from stillwatch.share.stix.objects import identity_id
from stillwatch.share.weigh import enter, weigh

Labs = tuple[Lab, Lab, Terms]
PLAIN = ("plain_address", "plain_asn", "plain_email_domain")
KEY = HashKey.from_bytes(bytes(range(16)))


@pytest.fixture
def agreed(labs: Labs) -> Labs:
    """Terms that allow findings with plain values, opinions and sightings."""
    a, b, old = labs
    terms = make_terms(a, b, messages=(*old.messages, "finding"), fields=(*old.fields, *PLAIN))
    introduce(a, b, terms)
    return a, b, terms


def _publication(lab: Lab, to: Lab, **changes: Any) -> Publication:
    made = Publication(lab.name, lab.at, KEY, audience=to.id, tlp="amber+strict")
    return replace(made, **({"fields": frozenset({"address", "asn", "email_domain"})} | changes))


def _export(a: Lab, b: Lab, terms: Terms, scan: Scan, *, role: str = "legal", **changes: Any) -> bytes:
    publication = _publication(a, b, **changes)
    objects = stix_objects(scan, publication)
    data = json.dumps(bundle_of(objects)).encode()
    with a.writing(role) as store:
        ids = [f.id for f in scan.findings]
        release_finding(store, terms, b.id, publication, {"bundle.json": data}, objects, ids)
    return data


def _take(lab: Lab, sender: Lab, terms: Terms, data: bytes, author: str = "") -> Taken:
    with lab.writing("engineer") as store:
        partner = find_partner(store, sender.name)
        return take_bundle(store, partner, terms.id, data, author=author or identity_id(sender.name))


def _first(scan: Scan) -> Scan:
    return replace(scan, findings=scan.findings[:1])


def _matched(agreed: Labs, rich: Scan) -> tuple[Lab, Lab, Terms, Scan]:
    """B has taken A's finding and found that it is its own campaign, too."""
    a, b, terms = agreed
    scan = _first(rich)
    assert not _take(b, a, terms, _export(a, b, terms, scan)).reason
    with b.writing("analyst") as store:
        theirs = finding_of(store, "campaign--")
        parts = match(theirs, scan.findings[0], background=0.001)
        bits = match_bits(parts, theirs.reliability)
        told = parts[0].statement
        enter(store, "c-ours", theirs.ground, kind="likeness", bits=bits, statement=told)
    return a, b, terms, scan


def _answer(b: Lab, a: Lab, terms: Terms) -> list[dict[str, Any]]:
    with b.writing() as store:
        return answer(store, terms, a.id, _publication(b, a), "c-ours")


def _packed(objects: list[dict[str, Any]]) -> bytes:
    return json.dumps(bundle_of(objects)).encode()


def test_a_finding_goes_into_both_ledgers(agreed: Labs, rich: Scan) -> None:
    """Under the id by which the partner will speak of it, with our campaign beside it on our side alone."""
    a, b, terms = agreed
    scan = _first(rich)
    data = _export(a, b, terms, scan)
    taken = _take(b, a, terms, data)
    (sent,) = a.rows("shared", kind="finding")
    (came,) = b.rows("received", kind="finding")
    assert (sent["named"], sent["digest"]) == (came["named"], came["digest"])
    assert (scan.findings[0].id, "legal") == (sent["subject"], sent["role"])
    assert (str(came["message_id"]),) == taken.new
    assert Taken(known=1) == _take(b, a, terms, data)
    assert 1 == len(b.rows("received", kind="bundle"))


def test_the_same_export_is_entered_once(agreed: Labs, rich: Scan) -> None:
    """And an analyst may write again what the role of the terms approved."""
    a, b, terms = agreed
    data = _export(a, b, terms, _first(rich))
    assert data == _export(a, b, terms, _first(rich), role="analyst")
    assert 1 == len(a.rows("shared"))


def test_nothing_goes_without_approval_or_beyond_the_terms(agreed: Labs, rich: Scan) -> None:
    """No row is left behind."""
    a, b, terms = agreed
    scan = _first(rich)
    with pytest.raises(RefusedError, match="nobody in the role legal"):
        _export(a, b, terms, scan, role="analyst")
    for changes, said in (
        ({"fields": frozenset({"account"})}, "plain_account"),
        ({"fields": frozenset({"template"})}, "plain_template"),
        ({"tlp": "red"}, "closed more tightly"),
    ):
        with pytest.raises(RefusedError, match=said):
            _export(a, b, terms, scan, **changes)
    bare = make_terms(a, b)
    with pytest.raises(RefusedError, match="has no finding"):
        _export(a, b, bare, scan)
    coarse = make_terms(a, b, messages=("finding",), fields=("accounts",))
    with pytest.raises(RefusedError, match="capabilities, exchanges"):
        _export(a, b, coarse, scan)
    assert () == a.rows("shared") == a.rows("approvals")


def test_the_pair_of_halves_is_found_and_answered(agreed: Labs, rich: Scan) -> None:
    """Common values and time; then an opinion and a sighting raise the other side's weight, within its bounds."""
    a, b, terms, scan = _matched(agreed, rich)
    (row,) = b.rows("corroborations")
    assert row["weight"] == 4096  # (4 + 1) bits of a source of reliability B
    said = _answer(b, a, terms)
    assert ["marking-definition", "identity", "opinion", "sighting"] == [o["type"] for o in said]
    assert "strongly-agree" == said[2]["opinion"]
    assert 2 == len(_take(a, b, terms, _packed(said)).new)
    with a.reading() as store:
        added = weigh(store, scan.findings[0].id, 5.0, threshold_bits=11.0)
    assert (3.2, 1) == (pytest.approx(added.bits, abs=0.01), len(added.lines))
    assert "nothing" == added.allowed


def test_a_revoked_finding_reaches_the_decision_and_our_own_answer(agreed: Labs, rich: Scan) -> None:
    """The corroboration stops counting, the decision is to be reviewed, our opinion on it to be taken back."""
    a, b, terms, _ = _matched(agreed, rich)
    _answer(b, a, terms)
    with b.writing("reviewer") as store:
        add_decision(store, "c-ours")
    a.later(days=1)
    b.later(days=1)
    with a.writing() as store:
        gone = revoke(store, terms, b.id, "campaign--")
    taken = _take(b, a, terms, _packed(gone))
    assert ("decision-1",) == taken.to_review
    with b.reading() as store:
        assert ["decision-1"] == [r.decision_id for r in reviews(store)]
        assert 2 == len(to_take_back(store))
        assert 0.0 == weigh(store, "c-ours", 0.0, threshold_bits=11.0).bits
        with pytest.raises(UsageError, match="0 findings"):
            finding_of(store, "campaign--")
    assert Taken(known=1) == _take(b, a, terms, _packed(gone))


def test_a_revoked_opinion_reaches_the_decision(agreed: Labs, rich: Scan) -> None:
    """In the other direction, and even after the agreement was ended."""
    a, b, terms, scan = _matched(agreed, rich)
    _take(a, b, terms, _packed(_answer(b, a, terms)))
    with a.writing("reviewer") as store:
        add_decision(store, scan.findings[0].id)
    with b.writing() as store:
        end(store, terms.id, b.id)
        gone = revoke(store, terms, a.id, "opinion--")
    with a.writing() as store:
        end(store, terms.id, a.id)
    assert ("decision-1",) == _take(a, b, terms, _packed(gone)).to_review


def test_a_revoked_object_cannot_be_said_again(agreed: Labs, rich: Scan) -> None:
    """Neither by us nor by them."""
    a, b, terms = agreed
    scan = _first(rich)
    _take(b, a, terms, _export(a, b, terms, scan))
    with a.writing() as store:
        gone = revoke(store, terms, b.id, "campaign--")
    _take(b, a, terms, _packed(gone))
    a.later(days=2)
    b.later(days=2)
    with pytest.raises(RefusedError, match="was taken back"):
        _export(a, b, terms, scan)
    later = {**gone[-1], "revoked": False, "modified": "2026-11-03T10:00:00.000Z"}
    assert "contradictory" == _take(b, a, terms, _packed([gone[0], later])).reason


def test_an_old_version_after_its_revocation_changes_nothing(agreed: Labs, rich: Scan) -> None:
    """Bundles may come in any order."""
    a, b, terms = agreed
    data = _export(a, b, terms, _first(rich))
    with a.writing() as store:
        gone = revoke(store, terms, b.id, "campaign--")
    assert not _take(b, a, terms, _packed(gone)).retracted
    assert Taken(known=1) == _take(b, a, terms, data)
    assert () == b.rows("received", kind="finding")


Change = Callable[[dict[str, Any]], dict[str, Any]]


def _opinion(**more: Any) -> Change:
    return lambda opinion: opinion | more


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_opinion(created_by_ref="identity--00000000-0000-5000-8000-000000000001"), "unknown_sender"),
        (_opinion(object_refs=["campaign--00000000-0000-5000-8000-000000000001"]), "unknown_subject"),
        (
            _opinion(object_marking_refs=["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]),
            "marking",
        ),
        (_opinion(opinion="perhaps"), "malformed"),
        (_opinion(x_more=1), "unknown_property"),
        (_opinion(modified="2020-01-01T00:00:00.000Z"), "contradictory"),
        (_opinion(modified="2036-01-01T00:00:00.000Z"), "contradictory"),
        (lambda o: {k: v for k, v in o.items() if k != "created_by_ref"}, "unknown_sender"),
    ],
)
def test_a_bad_opinion_is_refused_recorded_and_changes_nothing(
    agreed: Labs, rich: Scan, change: Change, reason: str
) -> None:
    """The whole bundle with it."""
    a, b, terms, _ = _matched(agreed, rich)
    said = _answer(b, a, terms)
    bad = [change(o) if o["type"] == "opinion" else o for o in said]
    assert reason == _take(a, b, terms, _packed(bad)).reason
    assert () == a.rows("corroborations")
    (row,) = a.rows("received")
    assert (False, reason, None) == (row["accepted"], row["reason"], row["sealed"])


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"type": "bundle"}', b"\xff", b"[" * 100_000])
def test_no_bundle_is_refused(agreed: Labs, data: bytes) -> None:
    """Whatever else it is."""
    a, b, terms = agreed
    taken = _take(b, a, terms, data)
    assert taken.reason and taken.what
    assert [False] == [row["accepted"] for row in b.rows("received")]


def test_who_may_not_speak_is_refused(agreed: Labs, rich: Scan) -> None:
    """A suspended partner, an ended or other agreement, one that allows no plain values, and a flood."""
    a, b, terms = agreed
    data = _export(a, b, terms, _first(rich))
    assert "unknown_agreement" == _take(b, a, make_terms(a, b, purpose="other"), data).reason
    bare = make_terms(a, b, messages=("finding",), purpose="bare")
    introduce(a, b, bare)
    assert "not_agreed" == _take(b, a, bare, data).reason
    with b.writing() as store:
        end(store, terms.id, b.id)
    assert "unknown_agreement" == _take(b, a, terms, data).reason
    with b.writing() as store:
        save_partner(store, a.identity.card(a.name), state=SUSPENDED)
    assert "unknown_sender" == _take(b, a, terms, data).reason
    for _ in range(30):
        last = _take(b, a, terms, b"{")
    assert "unknown_sender" == last.reason
    assert 20 == len(b.rows("received"))


def test_empty_frames_count_against_a_flood(agreed: Labs) -> None:
    """Objects of a bundle have no bytes; what is refused counts whether it has any or not."""
    _, b, _ = agreed
    for _ in range(25):
        b.desk().handle(b"")
    assert 20 == len(b.rows("received"))


def test_opinions_of_one_partner_agree_or_are_refused(agreed: Labs, rich: Scan) -> None:
    """A later version of the same opinion takes the place of the earlier one, whose decisions are reviewed."""
    a, b, terms, scan = _matched(agreed, rich)
    said = _answer(b, a, terms)
    _take(a, b, terms, _packed(said))
    opinion = next(o for o in said if o["type"] == "opinion")
    other = opinion | {"id": "opinion--00000000-0000-5000-8000-000000000001", "opinion": "neutral"}
    assert "contradictory" == _take(a, b, terms, _packed([other])).reason
    with a.writing("reviewer") as store:
        add_decision(store, scan.findings[0].id)
    a.later(hours=1)
    later = opinion | {"opinion": "strongly-disagree", "modified": "2026-11-02T09:30:00.000Z"}
    assert ("decision-1",) == _take(a, b, terms, _packed([later])).to_review
    with a.reading() as store:
        added = weigh(store, scan.findings[0].id, 0.0, threshold_bits=11.0)
    assert pytest.approx(-2.4, abs=0.05) == added.bits  # the sighting still stands


def test_our_own_words_coming_back_count_nothing(agreed: Labs, rich: Scan) -> None:
    """An opinion that rests on what we sent."""
    a, b, terms, scan = _matched(agreed, rich)
    (sent,) = a.rows("shared", kind="finding")
    origin = [{"source_name": ORIGIN, "external_id": sent["digest"]}]
    said = [
        o | {"external_references": origin} if o["type"] in ("opinion", "sighting") else o
        for o in _answer(b, a, terms)
    ]
    _take(a, b, terms, _packed(said))
    with a.reading() as store:
        added = weigh(store, scan.findings[0].id, 0.0, threshold_bits=11.0)
    assert (0.0, ()) == (added.bits, added.lines)
    assert "repeats what we sent" in added.reasons[0]


def test_words_of_others_are_read_with_care() -> None:
    """What does not say how sure it is or what it rests on weighs little."""
    assert ("low", "partner_report", ()) == (confidence_of({}), basis_of({}), origins_of({}))
    assert "partner_report" == basis_of({"labels": ["basis:own_observation", "basis:public_report"]})
    assert () == origins_of({"external_references": [{"source_name": ORIGIN, "external_id": "x"}, 3]})


def test_a_match_without_common_values_speaks_against(agreed: Labs, rich: Scan) -> None:
    """Other values and another time."""
    _, b, _, scan = _matched(agreed, rich)
    ours = scan.findings[0]
    far = {
        **ours.campaign,
        "first_seen": START + timedelta(days=900),
        "last_seen": START + timedelta(days=910),
    }
    other = replace(
        ours, campaign=far, values=tuple(replace(v, value="64999", kind="asn") for v in ours.values)
    )
    with b.reading() as store:
        theirs = finding_of(store, "campaign--")
    parts = match(theirs, other, background=0.001)
    assert [("values", 0.0), ("timing", -1.0)] == [(p.field, p.bits) for p in parts]
    assert -1.0 == match_bits(parts, "B")
