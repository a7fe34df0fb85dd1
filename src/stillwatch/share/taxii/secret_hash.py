"""Secrets of users: made at random, kept as scrypt digests, compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

N, R, P = 2**14, 8, 1  # about 50 ms and 16 MB each
BYTES = 32


def new_secret() -> str:
    """A secret with 256 random bits."""
    return secrets.token_urlsafe(BYTES)


def hashed(secret: str, *, salt: bytes | None = None) -> str:
    """What is kept of a secret."""
    used = salt if salt is not None else secrets.token_bytes(16)
    digest = hashlib.scrypt(secret.encode(), salt=used, n=N, r=R, p=P, dklen=BYTES)
    return f"scrypt:{N}:{R}:{P}:{base64.b64encode(used).decode()}:{base64.b64encode(digest).decode()}"


def is_hash(kept: str) -> bool:
    """Whether a text is what `hashed` returns, with the costs used here."""
    parts = kept.split(":")
    try:
        sizes = [len(base64.b64decode(part, validate=True)) for part in parts[4:]]
    except (binascii.Error, ValueError):
        return False
    return parts[:4] == ["scrypt", str(N), str(R), str(P)] and len(sizes) == 2 and sizes[1] == BYTES


def matches(secret: str, kept: str) -> bool:
    """Whether a secret is the one that was hashed."""
    salt = base64.b64decode(kept.split(":")[4])
    return hmac.compare_digest(hashed(secret, salt=salt), kept)
