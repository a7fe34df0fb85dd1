"""The oblivious pseudo-random function of RFC 9497, OPRF(ristretto255, SHA-512), over libsodium's group.

The holder of a key computes F(key, value) for somebody who keeps the value to himself; nobody learns anything else.
This is the only file that touches the group library (`rbcl`, which bundles libsodium). Everything is bytes.

Source: RFC 9497 sections 2 to 4.1, RFC 9380 section 5.3.1; test vectors of RFC 9497 appendix A.1.1 in the tests.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from stillwatch.model.errors import RefusedError, UsageError

ELEMENT_BYTES = 32
SCALAR_BYTES = 32
OUTPUT_BYTES = 64
MAX_INPUT = 65_535
MODE_OPRF = 0
MODE_VOPRF = 1
_UNIFORM_BYTES = 64
_SHA512_BLOCK = 128
_CHUNK = 512


class Oprf:
    """The group operations of one suite and mode, loaded once; safe to share between threads.

    Mode 0 is the function used in set intersection. Mode 1 differs in its domain separation only and is there so
    that another implementation, which has no mode 0, can check this one.
    """

    def __init__(self, *, mode: int = MODE_OPRF, threads: int = 0) -> None:
        self._group = _group()
        self._threads = threads or os.cpu_count() or 1
        context = b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"
        self._to_group = b"HashToGroup-" + context
        self._to_scalar = b"HashToScalar-" + context
        self._derive = b"DeriveKeyPair" + context

    def random_scalar(self) -> bytes:
        """A uniform scalar that is not zero: a key, or a blind."""
        return bytes(self._group.crypto_core_ristretto255_scalar_random())

    def derive_key(self, seed: bytes, info: bytes) -> bytes:
        """The key that RFC 9497 section 3.2.1 derives from a seed of 32 bytes and a public `info`."""
        material = seed + len(info).to_bytes(2, "big") + info
        for counter in range(256):
            wide = expand_message_xmd(material + bytes([counter]), self._derive, _UNIFORM_BYTES)
            scalar = bytes(self._group.crypto_core_ristretto255_scalar_reduce(wide))
            if any(scalar):
                return scalar
        raise AssertionError("256 reductions to zero cannot happen")

    def public_key(self, key: bytes) -> bytes:
        """The public element of a key."""
        return bytes(self._group.crypto_scalarmult_ristretto255_base(key))

    def to_group(self, value: bytes) -> bytes:
        """The element that a value hashes to. Raises `ValueError` above 65,535 bytes."""
        if len(value) > MAX_INPUT:
            raise ValueError(f"an input has at most {MAX_INPUT} bytes")
        wide = expand_message_xmd(value, self._to_group, _UNIFORM_BYTES)
        return bytes(self._group.crypto_core_ristretto255_from_hash(wide))

    def multiply(self, scalar: bytes, element: bytes) -> bytes:
        """`scalar · element`. Raises `RefusedError` if `element` is not a canonical element other than the identity."""
        try:
            return bytes(self._group.crypto_scalarmult_ristretto255(scalar, element))
        except (RuntimeError, ValueError) as error:
            raise RefusedError("malformed", "holds bytes that are no element of the group") from error

    def invert(self, scalar: bytes) -> bytes:
        """The inverse of a scalar that is not zero."""
        return bytes(self._group.crypto_core_ristretto255_scalar_invert(scalar))

    def blind(self, value: bytes, blind: bytes) -> bytes:
        """`Blind` of the RFC with a given blind."""
        return self.multiply(blind, self.to_group(value))

    def evaluate(self, key: bytes, value: bytes) -> bytes:
        """`Evaluate` of the RFC: the function itself, by the holder of the key."""
        return output(value, self.multiply(key, self.to_group(value)))

    def each(self, work: Callable[[bytes], bytes], items: Sequence[bytes]) -> list[bytes]:
        """`work` on every item, in order, on all cores: the library lets go of the interpreter while it multiplies."""
        chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
        if self._threads == 1 or len(chunks) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(self._threads) as pool:
            return [one for part in pool.map(lambda chunk: [work(i) for i in chunk], chunks) for one in part]


def output(value: bytes, unblinded: bytes) -> bytes:
    """The hash that ends `Finalize` and `Evaluate`: it takes the value, so an element alone is worth nothing."""
    hashed = hashlib.sha512(len(value).to_bytes(2, "big") + value)
    hashed.update(len(unblinded).to_bytes(2, "big") + unblinded + b"Finalize")
    return hashed.digest()


def expand_message_xmd(message: bytes, tag: bytes, length: int) -> bytes:
    """`length` uniform bytes (up to 64 here) from a message: RFC 9380 section 5.3.1 with SHA-512."""
    suffix = tag + bytes([len(tag)])
    first = hashlib.sha512(
        bytes(_SHA512_BLOCK) + message + length.to_bytes(2, "big") + b"\x00" + suffix
    ).digest()
    return hashlib.sha512(first + b"\x01" + suffix).digest()[:length]


def _group() -> Any:
    first = "rbcl._sodium" not in sys.modules
    try:
        library = importlib.import_module("rbcl")
        loaded = importlib.import_module("rbcl._sodium")
    except ImportError as error:
        raise UsageError(
            "private set intersection needs the package rbcl",
            remedy="Install it with: pip install 'stillwatch[share]'",
        ) from error
    # the package unpacks its library into a temporary file and leaves it there; once loaded, the name can go
    if first:
        Path(loaded.lib_path).unlink(missing_ok=True)
    return library
