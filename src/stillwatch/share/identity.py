"""Who we are to partners: an Ed25519 key to sign with and an X25519 key to agree on secrets with."""

from __future__ import annotations

import hashlib
import importlib
import os
import stat
from pathlib import Path
from typing import Annotated, Any

import msgspec

from stillwatch.model.errors import InputError, ResourceError, StateError, UsageError
from stillwatch.model.typed import ready

SEED_BYTES = 32
CARD_LIMIT = 16_384
_MAGIC = b"stillwatch-identity-1\n"

Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", min_length=64, max_length=64)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a partner is told: a name, the public keys, where messages go."""

    name: Name
    signing: Hex32
    exchange: Hex32
    endpoint: Annotated[str, msgspec.Meta(max_length=500, pattern=r"^(https://[^\s]+)?$")] = ""

    @property
    def fingerprint(self) -> str:
        """Digest of the public keys: the partner's name in messages, read out over the phone before it is trusted."""
        return fingerprint(bytes.fromhex(self.signing), bytes.fromhex(self.exchange))


class Identity:
    """Our own keys. `repr` shows the fingerprint and nothing else."""

    def __init__(self, signing: bytes, exchange: bytes) -> None:
        self._signing = _ed25519().Ed25519PrivateKey.from_private_bytes(signing)
        self._exchange = _x25519().X25519PrivateKey.from_private_bytes(exchange)
        self.signing: bytes = self._signing.public_key().public_bytes_raw()
        self.exchange: bytes = self._exchange.public_key().public_bytes_raw()
        self.fingerprint = fingerprint(self.signing, self.exchange)

    def __repr__(self) -> str:
        return f"Identity({self.fingerprint[:16]}…)"

    def card(self, name: str, endpoint: str = "") -> Card:
        """Our public keys as a card for partners."""
        return Card(name=name, signing=self.signing.hex(), exchange=self.exchange.hex(), endpoint=endpoint)

    def sign(self, data: bytes) -> bytes:
        """Ed25519 signature over `data`."""
        return bytes(self._signing.sign(data))

    def shared_secret(self, their_exchange: bytes) -> bytes:
        """X25519 secret that only we and the holder of that key can compute. Raises `InputError` for a weak key."""
        try:
            key = _x25519().X25519PublicKey.from_public_bytes(their_exchange)
            return bytes(self._exchange.exchange(key))
        except ValueError as error:
            raise InputError(
                "the partner's exchange key is of low order",
                remedy="Ask for a new card; nobody has such a key by accident",
            ) from error


def fingerprint(signing: bytes, exchange: bytes) -> str:
    """Digest of a pair of public keys, 64 hexadecimal digits."""
    return hashlib.sha256(b"stillwatch identity v1" + signing + exchange).hexdigest()


def is_signed_by(signature: bytes, data: bytes, signing: bytes) -> bool:
    """Whether the holder of the public key `signing` signed `data`."""
    try:
        _ed25519().Ed25519PublicKey.from_public_bytes(signing).verify(signature, data)
    except (_exceptions().InvalidSignature, ValueError):
        return False
    return True


def read_card(path: Path) -> Card:
    """The card in a JSON file. Raises `InputError` if it is none."""
    try:
        data = path.read_bytes()
        if len(data) > CARD_LIMIT:
            raise InputError(
                f"a card of {len(data)} bytes", where=str(path), remedy="A card is a short JSON file"
            )
        return msgspec.json.decode(data, type=ready(Card))
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), remedy="Name another file"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            "is no card of a partner",
            where=str(path),
            remedy="The partner makes it with: stillwatch partner init",
        ) from error


def make_identity(path: Path) -> Identity:
    """A new identity in a new file with mode 0600. Raises `StateError` if the file is there already."""
    secret = os.urandom(2 * SEED_BYTES)
    identity = Identity(secret[:SEED_BYTES], secret[SEED_BYTES:])
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + secret)
    except FileExistsError as error:
        raise StateError(
            "there is an identity already",
            where=str(path),
            remedy="Partners know you by it: keep it, or move it away and send every partner a new card",
        ) from error
    except OSError as error:
        raise ResourceError(
            f"cannot write the identity: {error.strerror}", where=str(path), remedy="Choose a writable folder"
        ) from error
    return identity


def read_identity(path: Path) -> Identity:
    """The identity of a file. Raises `StateError` if others may read it or it holds something else."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        data = path.read_bytes()
    except OSError as error:
        raise ResourceError(
            f"cannot read the identity: {error.strerror}",
            where=str(path),
            remedy="Make one with: stillwatch partner init",
        ) from error
    if mode & 0o077:
        raise StateError(
            f"others may read the identity (mode {mode:04o})", where=str(path), remedy=f"chmod 600 {path}"
        )
    secret = data.removeprefix(_MAGIC)
    if len(secret) != 2 * SEED_BYTES or not data.startswith(_MAGIC):
        raise StateError("not an identity file", where=str(path), remedy="Make one: stillwatch partner init")
    return Identity(secret[:SEED_BYTES], secret[SEED_BYTES:])


def _need(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            "signing needs the package cryptography", remedy="Install it: pip install 'stillwatch[share]'"
        ) from error


def _ed25519() -> Any:
    return _need("cryptography.hazmat.primitives.asymmetric.ed25519")


def _x25519() -> Any:
    return _need("cryptography.hazmat.primitives.asymmetric.x25519")


def _exceptions() -> Any:
    return _need("cryptography.exceptions")
