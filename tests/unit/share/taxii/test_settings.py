"""Settings that make no sense are named."""

from __future__ import annotations

import pytest
from tests.unit.share.taxii.conftest import FINDINGS, INBOX, TOML

from stillwatch.model.errors import InputError
from stillwatch.share.taxii.secret_hash import hashed, is_hash, matches, new_secret
from stillwatch.share.taxii.settings import parse_settings


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Test"', "title = ", "is not TOML"),
        ('title = "Test"', "", "title is missing"),
        ('title = "Test"', 'titel = "Test"', "no setting 'titel'"),
        ("page = 10", "page = 0", "page is not a whole number from 1"),
        ("page = 10", "page = true", "page is not a whole number"),
        ("max_content_length = 200000", "max_content_length = 5", "from 1000"),
        (f'id = "{FINDINGS}"', 'id = "findings"', "is no UUID"),
        (f'id = "{INBOX}"', f'id = "{FINDINGS}"', "one id or alias"),
        ('name = "reader"', 'name = "writer"', "one name"),
        ('name = "reader"', 'name = "re:ader"', "colon"),
        ('secret = "scrypt', 'secret = "plain', "is not hashed"),
        (f'write = ["{INBOX}"]', 'write = ["other"]', "not there"),
        ('publisher = "Example AI"', 'publisher = "Example AI"\nroot = "a/b"', "no name of a path"),
    ],
)
def test_wrong_settings_are_named(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_settings(TOML.replace(old, new, 1))


def test_a_server_without_collections_is_none() -> None:
    with pytest.raises(InputError, match="names no"):
        parse_settings('title = "T"\npublisher = "P"\n')


def test_secrets_are_kept_as_salted_digests() -> None:
    secret = new_secret()
    first, second = hashed(secret), hashed(secret)
    assert first != second
    assert secret not in first
    assert matches(secret, first)
    assert not matches(f"{secret}x", first)
    assert [True, False, False] == [is_hash(text) for text in (first, secret, first.replace("16384", "2"))]
