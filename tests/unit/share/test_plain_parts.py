"""The parts that need no store: indicators, noise, summaries, comparison, independence, weights, retractions."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import exp
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.errors import RefusedError
from stillwatch.share.compare import CAP_BITS, compare, likeness_bits
from stillwatch.share.corroborate import (
    ACT,
    SOURCE_CAP_BITS,
    TOTAL_CAP_BITS,
    Report,
    corroborate,
    overlap_bits,
)
from stillwatch.share.independence import Grouping, Source, group_sources
from stillwatch.share.indicators import canonical, check_keyed, keyed_digest, look_up
from stillwatch.share.noise import discrete_laplace, private_count, rounded, spend
from stillwatch.share.retract import CORROBORATION, DECISION, MESSAGE, SENT, Node, fallout
from stillwatch.share.summary import CampaignFacts, resemblance, sketch, summarise

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ALL = ("accounts", "exchanges", "capabilities", "timing", "templates")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("address", "198.51.100.7"),
        ("payment", "198.51.100.7"),
        ("client", "198.51.100.7:443"),
        ("payment", "198.51.100.0/24"),
        ("email", "2001:db8::1"),
        ("email", "[2001:db8::1]"),
        ("template", "::ffff:198.51.100.7"),
        ("payment", "+1 (202) 555-0134"),
        ("client", "AS64500"),
        ("client", "https://198.51.100.7/v1/messages"),
        ("client", "198.51.100.7:8443"),
        ("client", "client address 198.51.100.7"),
        ("template", "ip=198.51.100.7"),
        ("email", "@mailbox.example.org"),
        ("email", "*.mailbox.example.org"),
        ("email", "mailbox.example.org"),
        ("payment", "short"),
        ("phone", "12025550134567890"),
        ("mail_domain", "a-very-long-domain-name.example"),
    ],
)
def test_values_that_can_be_guessed_are_never_keyed(kind: str, value: str) -> None:
    """Whatever they are called."""
    with pytest.raises(RefusedError) as caught:
        check_keyed(kind, value)
    assert "low_entropy" == caught.value.reason


def test_a_digest_needs_the_key_and_one_spelling() -> None:
    """Another key, another digest; another spelling, the same."""
    mine = keyed_digest(KEY, "email", "Someone@Example.org")
    assert mine == keyed_digest(KEY, "email", " someone@example.org ")
    assert mine != keyed_digest(OTHER_KEY, "email", "someone@example.org")
    assert ("someone@example.org",) == look_up(KEY, "email", ["someone@example.org", "198.51.100.7"], [mine])


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        ("address", "2001:DB8:0::1", "2001:db8::1"),
        ("address", "::ffff:198.51.100.7", "198.51.100.7"),
        ("prefix", "198.51.100.7/24", "198.51.100.0/24"),
        ("mail_domain", "Example.ORG.", "example.org"),
        ("phone", "+1 202-555-0134", "+12025550134"),
    ],
)
def test_both_sides_spell_a_value_alike(kind: str, a: str, b: str) -> None:
    """So that an intersection finds it."""
    assert canonical(kind, a) == canonical(kind, b)


def test_rounding_keeps_one_digit() -> None:
    """And shows nothing below ten."""
    assert [0, 10, 20, 1000, 400, 0] == [rounded(n) for n in (9, 14, 15, 960, 449, 0)]


def test_noise_is_discrete_laplace() -> None:
    """Frequencies of 20,000 draws at scale 2 against the distribution, within five standard errors."""
    below, scale, n = Random(5).randrange, 2.0, 20_000  # noqa: S311 - the same draws in every run
    seen = Counter(discrete_laplace(Fraction(2), below) for _ in range(n))
    ratio = exp(-1 / scale)
    for z in range(-6, 7):
        p = (1 - ratio) / (1 + ratio) * ratio ** abs(z)
        assert abs(seen[z] / n - p) < 5 * (p / n) ** 0.5, z


def test_a_private_count_is_not_negative_and_costs_its_epsilon() -> None:
    """A used budget answers no more."""
    assert all(private_count(1, epsilon_permille=500, sensitivity=1) >= 0 for _ in range(50))
    assert 1500 == spend(1000, 500, 2000)
    with pytest.raises(RefusedError, match="is left"):
        spend(1800, 500, 2000)


def _facts(**changes: object) -> CampaignFacts:
    fields: dict[str, object] = {
        "campaign": "ab" * 16,
        "exchanges_by_account": (40,) * 25,
        "capabilities": {"reasoning": 700, "coding": 300},
        "exchanges_by_day": {20_000 + n: 10 + 5 * (n % 3) for n in range(14)},
        "signatures": ("solve the following problem step by step {} and show all reasoning",),
    }
    return CampaignFacts(**(fields | changes))  # type: ignore[arg-type]


def test_a_summary_has_the_agreed_fields_only() -> None:
    """Nothing else, and nothing for a handful of accounts."""
    body = summarise(_facts(), fields=("accounts",), key=KEY, epoch=3)
    assert (30, None, (), None, "", ()) == (
        body.accounts, body.exchanges, body.capabilities, body.first_day, body.rhythm, body.templates,
    )  # fmt: skip
    with pytest.raises(RefusedError, match="ten accounts"):
        summarise(_facts(exchanges_by_account=(40,) * 9), fields=ALL, key=KEY, epoch=3)


def test_sketches_are_alike_for_alike_signatures_under_one_key() -> None:
    """And strangers' under different keys."""
    text = "solve the following problem step by step and show all of your reasoning before the answer {}"
    near, far = text.replace("answer", "result"), "translate this legal contract into plain words {}"
    assert (
        resemblance(sketch(KEY, text), sketch(KEY, near))
        > 0.5
        > resemblance(sketch(KEY, text), sketch(KEY, far))
    )
    assert 0.0 == resemblance(sketch(KEY, text), sketch(OTHER_KEY, text))


def test_halves_of_one_campaign_compare_well_and_strangers_do_not() -> None:
    """Both within six bits."""
    ours = summarise(_facts(), fields=ALL, key=KEY, epoch=3)
    half = summarise(_facts(exchanges_by_account=(37,) * 12), fields=ALL, key=KEY, epoch=3)
    stranger = summarise(
        _facts(signatures=("write a poem about {}",), capabilities={"writing": 5}, exchanges_by_day={20_400: 9}),
        fields=ALL, key=KEY, epoch=3,
    )  # fmt: skip
    assert CAP_BITS >= likeness_bits(compare(ours, half)) > 4
    assert -CAP_BITS <= likeness_bits(compare(ours, stranger)) < -3


def test_other_epochs_do_not_compare_templates() -> None:
    """Their keys differ."""
    ours = summarise(_facts(), fields=("templates",), key=KEY, epoch=3)
    theirs = summarise(_facts(), fields=("templates",), key=OTHER_KEY, epoch=4)
    assert () == compare(ours, theirs)


def _items(start: int, stop: int, at: int = 0) -> dict[str, int]:
    return {f"m{n}": at + 1000 * n for n in range(start, stop)}


@pytest.mark.parametrize(
    ("a", "b", "groups"),
    [
        (Source("a", items=_items(0, 40)), Source("b", items=_items(0, 40, 7)), 1),
        (Source("a", items=_items(0, 40)), Source("b", items=_items(8, 48, 90_000)), 1),
        (
            Source("a", items=_items(0, 40)),
            Source("b", items={f"m{n}": (n * 7919) % 40 * 1000 for n in range(8, 48)}),
            2,
        ),
        (Source("a", frozenset({"x"})), Source("b", frozenset({"x", "y"})), 1),
        (Source("a", frozenset({"x"})), Source("b", frozenset({"y"})), 2),
        (Source("a", items=_items(0, 5)), Source("b", items=_items(0, 5)), 2),
    ],
    ids=["one list", "follows with a delay", "both saw it", "one origin", "two origins", "too few to tell"],
)
def test_a_list_that_is_repeated_counts_once(a: Source, b: Source, groups: int) -> None:
    """And two who saw the same thing themselves count twice."""
    assert groups == len(group_sources([a, b], frozenset()).groups)


def test_our_own_words_coming_back_are_no_source() -> None:
    """A partner who only repeats us is left out, and named."""
    found = group_sources([Source("a", frozenset({"ours"}))], frozenset({"ours"}))
    assert ((), ("a",)) == (found.groups, found.ours)


REPORTS = st.lists(
    st.builds(
        Report,
        message=st.text("0123456789abcdef", min_size=4, max_size=4),
        partner=st.sampled_from("abcdef"),
        kind=st.just("opinion"),
        bits=st.floats(-1e6, 1e6),
        statement=st.just(""),
    ),
    max_size=30,
)


@given(reports=REPORTS, own=st.floats(-20, 20), threshold=st.floats(1, 15))
@settings(max_examples=200, deadline=None)
def test_partners_alone_never_lead_to_action(reports: list[Report], own: float, threshold: float) -> None:
    """Whatever they say, however many they are; and what they add is bounded."""
    grouping = Grouping(tuple((name,) for name in "abcdef"), (), ())
    added = corroborate(own, reports, grouping, threshold_bits=threshold)
    assert abs(added.bits) <= TOTAL_CAP_BITS
    assert all(abs(bits) <= SOURCE_CAP_BITS for _, bits, _ in added.lines)
    assert own >= threshold or added.allowed != ACT


def test_two_who_repeat_one_list_add_what_one_adds() -> None:
    """One group, one weight."""
    reports = [Report(name, name, "opinion", 3.0, "") for name in "ab"]
    once = corroborate(2.0, reports, Grouping((("a", "b"),), (), ()), threshold_bits=6)
    twice = corroborate(2.0, reports, Grouping((("a",), ("b",)), (), ()), threshold_bits=6)
    assert (3.0, 6.0) == (once.bits, twice.bits)


def test_overlap_weighs_against_chance() -> None:
    """What chance explains weighs nothing."""
    assert 0.0 == overlap_bits(10, 1000, 0.01)
    assert 0.0 < overlap_bits(4, 1000, 0.001) < overlap_bits(5, 1000, 0.001) < SOURCE_CAP_BITS


def test_a_retraction_reaches_everything_that_rests_on_it() -> None:
    """Through others, in circles, and no further."""
    m, c = Node(MESSAGE, "m"), Node(CORROBORATION, "c")
    d, e, s = Node(DECISION, "d"), Node(DECISION, "e"), Node(SENT, "s")
    edges = [(m, c), (c, d), (m, s), (s, c), (d, m), (Node(MESSAGE, "other"), e)]
    found = fallout(edges, m)
    assert (("c",), ("d",), ("s",), (m, c, d)) == (
        found.corroborations, found.decisions, found.sent, found.paths["d"],
    )  # fmt: skip
