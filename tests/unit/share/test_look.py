"""Keyed digests between two labs, terms as files, and what the command line asks the ledger."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.labs import Lab, introduce, make_lab, make_terms

from stillwatch.model.errors import InputError, RefusedError, UsageError
from stillwatch.share.agreement import Terms
from stillwatch.share.look import (
    day_number,
    indicator_messages,
    ledger_lines,
    look_up_all,
    read_opinion,
    received_message,
    retraction_of,
)
from stillwatch.share.messages import Indicators, Opinion
from stillwatch.share.partners import find_partner
from stillwatch.share.terms_file import read_terms
from stillwatch.share.weigh import enter, ground_of, weigh

PARTIES = ("a" * 64, "b" * 64)
GOOD = """
purpose = "campaigns"
starts = 2026-11-01
ends = 2027-05-01
messages = ["summary"]
"""


def _digests(a: Lab, b: Lab, terms: Terms, values: list[str]) -> Indicators:
    with a.reading() as store:
        partner = find_partner(store, b.name)
    now = int(a.at.timestamp())
    (body,) = indicator_messages(a.identity, partner, terms, {"payment": values}, (20_000, 20_001), now=now)
    return body


def test_digests_are_found_by_who_has_the_value(labs: tuple[Lab, Lab, Terms]) -> None:
    """And by nobody else; the marks are kept once."""
    a, b, terms = labs
    body = _digests(a, b, terms, [f"card-{n:012}" for n in range(10)])
    receipt, _ = b.desk().handle(a.send(b, terms, body).to_bytes())
    assert receipt.accepted
    for _ in range(2):
        with b.writing() as store:
            found = look_up_all(store, b.identity, "payment", [f"card-{n:012}" for n in range(7, 20)])
        assert [("aurora", 3)] == [(partner, n) for _, partner, n in found]
    assert 3 == len(b.rows("matches"))


def test_values_that_can_be_guessed_are_refused_before_they_go(labs: tuple[Lab, Lab, Terms]) -> None:
    """An address among cards."""
    a, b, terms = labs
    with pytest.raises(RefusedError, match="IP address"):
        _digests(a, b, terms, ["card-000000000001", "198.51.100.7"])


def test_two_partners_with_one_list_count_once(tmp_path: Path) -> None:
    """The same digests from two partners, found among our values: one source."""
    us, a, b = (make_lab(name, tmp_path) for name in ("us", "aurora", "borealis"))
    values = [f"card-{n:012}" for n in range(12)]
    for other in (a, b):
        terms = make_terms(us, other)
        introduce(us, other, terms)
        us.later(hours=1)
        other.at = us.at
        frame = other.send(us, terms, _digests(other, us, terms, values))
        message = us.desk().handle(frame.to_bytes())[0].message
        assert message is not None
        with us.writing() as store:
            enter(store, "campaign-1", ground_of(message), kind="overlap", bits=3.0, statement="test")
    with us.reading() as store:
        assert 6.0 == weigh(store, "campaign-1", 0.0, threshold_bits=11).bits
    with us.writing() as store:
        look_up_all(store, us.identity, "payment", values)
    with us.reading() as store:
        added = weigh(store, "campaign-1", 0.0, threshold_bits=11)
    assert (3.0, 1) == (added.bits, len(added.lines))
    assert "the same list" in added.reasons[0]


def test_terms_are_read_with_dates_and_defaults(tmp_path: Path) -> None:
    """Days become seconds, parties are filled in and sorted."""
    path = tmp_path / "terms.toml"
    path.write_text(GOOD)
    terms = read_terms(path, (PARTIES[1], PARTIES[0]))
    assert (PARTIES, 1_793_491_200, "legal") == (terms.parties, terms.starts, terms.approver)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "purpose = ",
        GOOD + "unknown = 1",
        GOOD.replace("2027", "2025"),
        GOOD + "smallest_set = 0",
        GOOD + 'fields = ["names"]',
        GOOD + 'tlp = "purple"',
        "\x00",
        GOOD + 'keyed_kinds = ["payment", "address"]',
        GOOD + 'keyed_kinds = ["cards"]',
        GOOD + 'private_kinds = ["cards"]',
    ],
)
def test_terms_that_cannot_be_kept_are_refused(tmp_path: Path, text: str) -> None:
    """With their file named."""
    path = tmp_path / "terms.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"terms\.toml"):
        read_terms(path, PARTIES)


def test_questions_to_the_ledger_name_what_is_missing(labs: tuple[Lab, Lab, Terms]) -> None:
    """A wrong id, a wrong word, a wrong day."""
    a, b, terms = labs
    a.send(b, terms, _digests(a, b, terms, ["card-000000000001"]))
    with a.reading() as store:
        (line,) = ledger_lines(store, b.id)
        assert ("sent", "indicators") == (line["way"], line["kind"])
        assert line["message_id"] == retraction_of(store, line["message_id"][:8], "mistaken").message
        for ask in (
            lambda: retraction_of(store, "", "mistaken"),
            lambda: retraction_of(store, line["message_id"], "no reason"),
            lambda: received_message(store, "ab", "summary"),
            lambda: read_opinion({"kind": "opinion.v1", "subject": "x"}),
            lambda: day_number("yesterday"),
        ):
            with pytest.raises(UsageError):
                ask()
    fields = {"subject": "ab" * 16, "opinion": "not_seen", "basis": "own_observation", "confidence": "low"}
    assert isinstance(read_opinion({"kind": "opinion.v1", **fields}), Opinion)
    assert 20_000 == day_number("2024-10-04")


def test_an_answer_keeps_its_parts(labs: tuple[Lab, Lab, Terms]) -> None:
    """What weighs is a frozen record."""
    a, _, _ = labs
    with a.reading() as store:
        added = weigh(store, "nothing", 1.0, threshold_bits=11)
    assert (0.0, "nothing", ()) == (added.bits, added.allowed, added.lines)
    with pytest.raises(dataclasses.FrozenInstanceError):
        added.bits = 9.0  # type: ignore[misc]
