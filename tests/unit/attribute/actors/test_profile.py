"""A faulty profile is refused with file, line and remedy."""

from __future__ import annotations

import re

import pytest

from stillwatch.attribute.actors.profile import check_together, read_profile
from stillwatch.attribute.actors.toml_lines import line_of
from stillwatch.model.errors import ExtensionError

GOOD = """schema = 1
name = "Amber"
version = "1"
role = "distiller"
summary = "made up"

[[infrastructure]]
kind = "prefix"
values = ["198.51.100.0/24"]
statement = "rents it"
source = "a report"
date = 2026-02-01
reliability = "B2"
expires = 2026-08-01
contradicted_by = "a lease by others"

[[metadata]]
kind = "end_user"
values = ["amber-*"]
statement = "numbers its workers"
source = "a report"
date = 2026-02-01
reliability = "B2"
expires = 2026-08-01
contradicted_by = "a public tool that does so"

[[campaigns]]
id = "c-1"
key = "00ff00ff"
statement = "ran it"
source = "own logs"
date = 2026-02-01
reliability = "A2"
expires = 2026-08-01
contradicted_by = "others that hold the same"

[[campaigns.indicators]]
kind = "instrument"
value_key = -12

[[campaigns.indicators]]
kind = "phone"
value_key = 13
"""


def refused(text: str) -> ExtensionError:
    with pytest.raises(ExtensionError) as caught:
        read_profile(text, where="amber.toml")
    assert caught.value.remedy
    return caught.value


def test_a_good_profile_is_read() -> None:
    profile = read_profile(GOOD, where="amber.toml")
    assert ["infrastructure", "metadata", "campaigns"] == [section for section, _, _ in profile.claims()]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("schema = 1", "schema = 2", 1, "schema"),
        ('role = "distiller"', 'role = "state"', 4, "role"),
        ('\nreliability = "B2"', "", 7, "reliability"),
        ("198.51.100.0/24", "198.51.0.0/12", 9, "not a network"),
        ("198.51.100.0/24", "10.0.0.0/8", 9, "too wide"),
        ("198.51.100.0/24", "nowhere", 9, "not a network"),
        ('"amber-*"', '"*"', 19, "almost anything"),
        ('"amber-*"', '"a*"', 19, "almost anything"),
        ('kind = "end_user"', 'kind = "asn"', 18, "does not belong"),
        ('kind = "end_user"', 'kind = "nationality"', 18, "nationality"),
        ('kind = "instrument"', 'kind = "payment_country"', 38, "payment_country"),
        ('reliability = "A2"', 'reliability = "Z9"', 33, "reliability"),
        ("expires = 2026-08-01", "expires = 2025-08-01", 14, "expires before"),
        ('name = "Amber"', 'name = "unknown actor"', 2, "cannot name"),
        ("value_key = 13", "value_key = 1.5", 43, "value_key"),
        ("value_key = 13", 'value_key = 13\ncountry = "XX"', 44, "country"),
        ('summary = "made up"', "summary = made up", 5, "TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    error = refused(GOOD.replace(old, new, 1))
    assert re.fullmatch(rf"amber\.toml:{line}", error.where), (error.where, error.what)
    assert said in f"{error.what} {error.remedy}"


def test_a_profile_without_a_claim_is_none() -> None:
    assert "no claim" in refused(GOOD.split("[[infra")[0]).what


def test_a_huge_file_is_refused() -> None:
    assert "larger" in refused(GOOD + "#" * 1_100_000).what


def test_deep_nesting_is_refused() -> None:
    refused("a = " + "[" * 2000)


def test_two_actors_of_one_name_are_refused() -> None:
    one, two = read_profile(GOOD, where="a"), read_profile(GOOD.replace('"Amber"', '"AMBER"'), where="b")
    with pytest.raises(ExtensionError, match="also used in a"):
        check_together([("a", one), ("b", two)])


def test_lines_of_nested_tables() -> None:
    assert 43 == line_of(GOOD, ["campaigns", 0, "indicators", 1, "value_key"])
    assert 1 == line_of(GOOD, ["nothing"])
