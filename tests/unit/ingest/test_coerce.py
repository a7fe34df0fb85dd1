"""Values of JSON records as the types of our columns."""

from __future__ import annotations

import pytest

from stillwatch.ingest.coerce import canonical, moment, whole
from stillwatch.model.errors import InputError

MICROS = 1_795_450_000_250_000


@pytest.mark.parametrize(
    "value",
    [
        1_795_450_000.25,
        "1795450000.25",
        1_795_450_000_250,
        "1795450000250",
        MICROS,
        1_795_450_000_250_000_999,
        "1795450000250000999",
        "2026-11-23T16:06:40.250Z",
        "2026-11-23 16:06:40.25",
        "2026-11-23T17:06:40.25+01:00",
    ],
)
def test_times_of_every_kind_mean_the_same_moment(value: object) -> None:
    assert MICROS == moment(value)


def test_a_time_that_cannot_be_read_is_an_error_and_none_is_none() -> None:
    assert moment(None) is moment("") is moment([]) is None
    with pytest.raises(InputError):
        moment("yesterday")


@pytest.mark.parametrize(
    ("value", "expected"), [(7, 7), (7.0, 7), ("7", 7), ("x", None), (True, None), (None, None)]
)
def test_whole_numbers(value: object, expected: int | None) -> None:
    assert expected == whole(value)


@pytest.mark.parametrize("value", [1e300, 2**70, "9" * 25])
def test_numbers_too_large_are_errors(value: object) -> None:
    with pytest.raises(InputError):
        whole(value)


def test_equal_objects_have_equal_canonical_text() -> None:
    assert canonical({"a": 1, "b": [2]}) == canonical({"b": [2], "a": 1})
