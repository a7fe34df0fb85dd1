"""Keys and payloads: a master key wraps one key per case, text and account; each payload is sealed with one of them."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import zlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stillwatch.model.errors import StateError

KEY_BYTES = 32
_NONCE = 12


class Vault:
    """What can be done with a master key. The key itself is not kept, only what is derived from it."""

    def __init__(self, master: bytes) -> None:
        self._wrapping = AESGCM(_derived(master, "wrap"))
        self._naming = _derived(master, "name")
        self._sealing = _derived(master, "chain")
        self.check = _derived(master, "check")[:8].hex()

    def __repr__(self) -> str:
        return f"Vault(check={self.check!r})"

    def new_key(self, key_id: str) -> tuple[bytes, bytes]:
        """A fresh key, plain and wrapped."""
        plain = AESGCM.generate_key(bit_length=8 * KEY_BYTES)
        nonce = os.urandom(_NONCE)
        return plain, nonce + self._wrapping.encrypt(nonce, plain, key_id.encode())

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """A key again. Raises `StateError` if it was altered or wrapped with another master key."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], key_id.encode())
        except (InvalidTag, ValueError) as error:
            raise _shut(f"key {key_id}") from error

    def account_key(self, account_id: str) -> str:
        """The keyed hash that stands for an account id."""
        return hmac.digest(self._naming, account_id.encode(), "sha256")[:16].hex()

    def entry_seal(self, entry_hash: str) -> str:
        """The mark that only a holder of the master key can put on an audit entry."""
        return hmac.digest(self._sealing, entry_hash.encode(), "sha256").hex()


def seal(key: bytes, place: str, payload: Mapping[str, Any]) -> bytes:
    """A payload, compressed and encrypted; it opens only with this key and at this place."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, zlib.compress(text.encode(), 6), place.encode())


def unseal(key: bytes, place: str, sealed: bytes) -> dict[str, Any]:
    """A payload again. Raises `StateError` if it was altered or moved from its place."""
    try:
        packed = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise _shut(place) from error
    payload: dict[str, Any] = json.loads(zlib.decompress(packed))
    return payload


def _derived(master: bytes, purpose: str) -> bytes:
    info = f"stillwatch case store {purpose} 1".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _shut(what: str) -> StateError:
    return StateError(
        f"{what} does not open: it was altered, or another key file encrypted it",
        remedy="Run `stillwatch audit verify`; give the --case-key this store was made with",
    )


def digest_of(content: bytes) -> str:
    """SHA-256 of a file's content, as exhibits and reports name it."""
    return hashlib.sha256(content).hexdigest()
