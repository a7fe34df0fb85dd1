"""What headers tell, and what they must not."""

from __future__ import annotations

import hashlib

import pytest

from stillwatch.ingest.headers import address, client_address, fill_headers, key_digest, order
from stillwatch.ingest.rows import Row


@pytest.mark.parametrize("name", ["Authorization", "x-api-key"])
def test_the_account_is_a_digest_and_never_the_key(name: str) -> None:
    value = "Bearer sk-1" if name == "Authorization" else "sk-1"
    assert hashlib.sha256(b"sk-1").hexdigest() == key_digest([(name, value)])


@pytest.mark.parametrize(
    ("forwarded", "direct", "expected"),
    [
        ("6.6.6.6, 198.51.100.7, 10.0.0.1", "10.0.0.2", "198.51.100.7"),  # the left is the client's claim
        ("10.0.0.9", "198.51.100.8:443", "198.51.100.8"),
        (None, "[2001:db8::1]:443", "2001:db8::1"),
        ("unknown, fd00::1", None, "fd00::1"),
        ("::ffff:198.51.100.7", None, "198.51.100.7"),
        ("nonsense", None, None),
    ],
)
def test_client_address(forwarded: str | None, direct: str | None, expected: str | None) -> None:
    assert expected == client_address(forwarded, direct)


@pytest.mark.parametrize("value", ["", "-", "999.1.1.1", "1.2.3", "host:80", None, 7])
def test_what_is_no_address_is_null(value: object) -> None:
    assert address(value) is None


def test_header_order_ignores_values_and_what_the_network_adds() -> None:
    sent = [("Accept", "a"), ("Authorization", "Bearer k1"), ("User-Agent", "x")]
    seen = [
        ("Host", "h"),
        ("Accept", "b"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("CF-Ray", "1"),
        ("Authorization", "k2"),
        ("User-Agent", "y"),
    ]
    assert order(sent) == order(seen)
    assert order(sent) != order(sent[::-1])
    assert order(sent) != order([(name.lower(), value) for name, value in sent])


def test_no_header_value_but_the_known_ones_reaches_the_row() -> None:
    row = Row()
    fill_headers(row, [("Cookie", "secret"), ("Authorization", "Bearer secret"), ("User-Agent", "agent")])
    assert "secret" not in repr(row)
    assert row.user_agent == "agent"
