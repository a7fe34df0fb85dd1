"""Numbers, dates and hostile text in words."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.app.report.words import (
    HIDDEN,
    bits,
    chance,
    clipped,
    listed,
    odds,
    parsed,
    share,
    short,
    span,
    visible,
)


@given(st.text(max_size=400), st.integers(4, 200))
def test_no_hidden_character_survives(text: str, limit: int) -> None:
    shown = visible(text, limit)
    assert not [c for c in shown if unicodedata.category(c) in HIDDEN]


@given(st.text(max_size=400), st.integers(4, 60))
def test_a_label_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(clipped(text, limit)) <= limit


def test_a_shortened_name_says_how_long_it_was() -> None:
    assert visible("x" * 10_000, 30) == "x" * 20 + "…(10,000 characters)"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (((2026, 2, 3), (2026, 2, 3)), "3 Feb 2026"),
        (((2026, 2, 3), (2026, 2, 28)), "3\u201328 Feb 2026"),
        (((2026, 1, 31), (2026, 2, 2)), "31 Jan \u2013 2 Feb 2026"),
        (((2025, 12, 31), (2026, 1, 1)), "31 Dec 2025 \u2013 1 Jan 2026"),
    ],
)
def test_two_dates_share_what_they_have_in_common(
    days: tuple[tuple[int, int, int], tuple[int, int, int]], expected: str
) -> None:
    first, last = (datetime(*day, tzinfo=UTC) for day in days)
    assert expected == span(first, last)


def test_probabilities_never_reach_certainty() -> None:
    assert [chance(p) for p in (0.0, 1e-9, 0.37, 1.0)] == ["<0.1%", "<0.1%", "37%", ">99.9%"]


def test_shares_of_everything_and_nothing_are_said_so() -> None:
    assert [share(p) for p in (0.0, 1.0)] == ["0%", "100%"]


def test_bits_have_no_negative_zero() -> None:
    assert [bits(-0.01), bits(-0.06), bits(None)] == ["+0.0", "\u22120.1", "\u2013"]


def test_large_numbers_are_short() -> None:
    assert [short(n) for n in (9_999, 150_000, 16_550_000, 2e9)] == ["9,999", "150 k", "16.6 M", "2.0 bn"]


def test_odds_are_coarse_and_bounded() -> None:
    assert [odds(0.0), odds(20.0), odds(300.0)] == [
        "even odds",
        "about 1,000,000 to 1 for",
        "more than a billion to 1 for",
    ]


def test_a_time_that_is_none_reads_as_nothing() -> None:
    assert [parsed("soon"), parsed(None)] == [None, None]


def test_names_are_joined_as_in_a_sentence() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"])] == ["", "a", "a and b"]
