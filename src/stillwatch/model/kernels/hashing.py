"""64-bit hashes of text and of other hashes: XXH64 to group, SipHash-2-4 where a key must protect the value.

Hashes are stored as signed 64-bit integers, since SQL handles unsigned ones badly. 0 stands for null; a
value whose hash is 0 gets 1 instead. Sources: see `xxhash` and `siphash`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.model.errors import UsageError
from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.siphash import sip_bytes, sip_word
from stillwatch.model.kernels.text import Text, TextBuffers, chunks
from stillwatch.model.kernels.xxhash import Bytes, Word, avalanche, xxh64

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
SEED = 0x5157_4C4C  # starts every fold of a conversation
_MASK = (1 << 64) - 1
_SIGN = 1 << 63


@dataclass(frozen=True, slots=True)
class HashKey:
    """The 128-bit secret of a deployment; two signed 64-bit halves."""

    k0: int
    k1: int

    @classmethod
    def from_bytes(cls, secret: bytes) -> HashKey:
        """A key from 16 bytes, or from 32 bytes condensed with BLAKE2b.

        Raises `UsageError` for any other length.
        """
        if len(secret) == 32:
            secret = hashlib.blake2b(secret, digest_size=16, person=b"stillwatch-key").digest()
        if len(secret) != 16:
            raise UsageError(
                f"a hash key has 16 or 32 bytes, this one has {len(secret)}",
                remedy="Make one with 32 random bytes",
            )
        return cls(
            int.from_bytes(secret[:8], "little", signed=True),
            int.from_bytes(secret[8:], "little", signed=True),
        )


def hash_strings(array: Text, *, seed: int = 0) -> Ints:
    """XXH64 of each string's UTF-8 bytes; 0 for null. Shape (n,)."""
    word = np.uint64(seed & _MASK)
    return _over_chunks(array, lambda text, out: _hash_rows(text.data, text.starts, text.valid, word, out))


def keyed_strings(array: Text, key: HashKey) -> Ints:
    """SipHash-2-4 of each string's UTF-8 bytes under the key; 0 for null, never 0 for a value. Shape (n,)."""
    k0, k1 = np.uint64(key.k0 & _MASK), np.uint64(key.k1 & _MASK)
    return _over_chunks(array, lambda text, out: _sip_rows(text.data, text.starts, text.valid, k0, k1, out))


def keyed(values: npt.ArrayLike, key: HashKey) -> Ints:
    """SipHash-2-4 of each value's eight little-endian bytes under the key; never 0. Shape (n,)."""
    out = np.empty(np.shape(values), np.int64).reshape(-1)
    plain = np.ascontiguousarray(values, np.int64).reshape(-1)
    _sip_words(plain, np.uint64(key.k0 & _MASK), np.uint64(key.k1 & _MASK), out)
    return out


@overload
def mix(a: int, b: int) -> int: ...
@overload
def mix(a: Ints, b: Ints | int) -> Ints: ...
def mix(a: Ints | int, b: Ints | int) -> Ints | int:
    """One hash out of two, in which their order matters; arrays are broadcast, two plain ints give an int.

    `avalanche(rotl(a · P1, 31) · P2 + rotl(b · P2, 31) · P1 + P5)` with the primes of XXH64.
    """
    if isinstance(a, int) and isinstance(b, int):
        return _mix_ints(a, b)
    left, right = np.broadcast_arrays(np.asarray(a, np.int64), np.asarray(b, np.int64))
    out = np.empty(left.size, np.int64)
    _mix_rows(np.ascontiguousarray(left).reshape(-1), np.ascontiguousarray(right).reshape(-1), out)
    return out.reshape(left.shape)


def _over_chunks(array: Text, fill: Callable[[TextBuffers, Ints], None]) -> Ints:
    out = np.empty(len(array), np.int64)
    at = 0
    for text in chunks(array):
        n = len(text.valid)
        fill(text, out[at : at + n])
        at += n
    return out


def null_where_zero(values: Ints) -> pa.Array:
    """Arrow int64 column in which 0 has become null."""
    return pa.array(values, pa.int64(), mask=values == 0)


def _mix_ints(a: int, b: int) -> int:
    left = _turn(a * _P1 & _MASK, 31) * _P2
    right = _turn(b * _P2 & _MASK, 31) * _P1
    word = (left + right + _P5) & _MASK
    word = (word ^ word >> 33) * _P2 & _MASK
    word = (word ^ word >> 29) * _P3 & _MASK
    word ^= word >> 32
    return word - (1 << 64) if word & _SIGN else word


def _turn(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & _MASK


_P1 = 0x9E37_79B1_85EB_CA87
_P2 = 0xC2B2_AE3D_27D4_EB4F
_P3 = 0x1656_67B1_9E37_79F9
_P5 = 0x27D4_EB2F_1656_67C5


@kernel
def mix_words(a: Word, b: Word) -> Word:
    """`mix` for kernels: two unsigned words in, one out."""
    left = a * np.uint64(_P1)
    left = (left << np.uint64(31) | left >> np.uint64(33)) * np.uint64(_P2)
    right = b * np.uint64(_P2)
    right = (right << np.uint64(31) | right >> np.uint64(33)) * np.uint64(_P1)
    return avalanche(left + right + np.uint64(_P5))


@kernel
def _hash_rows(data: Bytes, starts: Ints, valid: Flags, seed: Word, out: Ints) -> None:
    for i in range(len(valid)):
        if not valid[i]:
            out[i] = 0
            continue
        word = np.int64(xxh64(data, starts[i], starts[i + 1], seed))
        out[i] = word if word != 0 else 1


@kernel
def _sip_rows(data: Bytes, starts: Ints, valid: Flags, k0: Word, k1: Word, out: Ints) -> None:
    for i in range(len(valid)):
        if not valid[i]:
            out[i] = 0
            continue
        word = np.int64(sip_bytes(data, starts[i], starts[i + 1], k0, k1))
        out[i] = word if word != 0 else 1


@kernel
def _sip_words(values: Ints, k0: Word, k1: Word, out: Ints) -> None:
    for i in range(len(values)):
        word = np.int64(sip_word(np.uint64(values[i]), k0, k1))
        out[i] = word if word != 0 else 1


@kernel
def _mix_rows(a: Ints, b: Ints, out: Ints) -> None:
    for i in range(len(a)):
        out[i] = np.int64(mix_words(np.uint64(a[i]), np.uint64(b[i])))
