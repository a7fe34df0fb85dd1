"""Keys and payloads: opened with their key at their place, and nowhere else."""

from __future__ import annotations

import pytest

from stillwatch.model.errors import StateError
from stillwatch.store.casebook.vault import Vault, seal, unseal


def test_payload_comes_back() -> None:
    plain, wrapped = Vault(b"m" * 32).new_key("key-1")
    assert plain == Vault(b"m" * 32).unwrap("key-1", wrapped)
    assert {"a": ["ü", 1.5]} == unseal(plain, "notes/1", seal(plain, "notes/1", {"a": ["ü", 1.5]}))


def test_same_payload_is_never_the_same_bytes() -> None:
    key = b"k" * 32
    assert seal(key, "p", {"a": 1}) != seal(key, "p", {"a": 1})


@pytest.mark.parametrize("place", ["notes/2", ""])
def test_moved_payload_does_not_open(place: str) -> None:
    with pytest.raises(StateError, match="does not open"):
        unseal(b"k" * 32, place, seal(b"k" * 32, "notes/1", {}))


def test_another_master_opens_no_key() -> None:
    _, wrapped = Vault(b"m" * 32).new_key("key-1")
    for vault, name in ((Vault(b"n" * 32), "key-1"), (Vault(b"m" * 32), "key-2")):
        with pytest.raises(StateError, match="does not open"):
            vault.unwrap(name, wrapped)


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 60])
def test_rubbish_does_not_open(sealed: bytes) -> None:
    with pytest.raises(StateError, match="does not open"):
        unseal(b"k" * 32, "p", sealed)


def test_accounts_have_other_names_under_another_key() -> None:
    assert Vault(b"m" * 32).account_key("acct") == Vault(b"m" * 32).account_key("acct")
    assert Vault(b"m" * 32).account_key("acct") != Vault(b"n" * 32).account_key("acct")


def test_key_does_not_show() -> None:
    assert "6d6d" not in repr(Vault(b"m" * 32))
