"""SipHash-2-4 for kernels.

Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
"""

from __future__ import annotations

import numpy as np

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.xxhash import Bytes, Word, read_word

State = tuple[Word, Word, Word, Word]

_V0 = np.uint64(0x736F_6D65_7073_6575)
_V1 = np.uint64(0x646F_7261_6E64_6F6D)
_V2 = np.uint64(0x6C79_6765_6E65_7261)
_V3 = np.uint64(0x7465_6462_7974_6573)


@kernel
def sip_word(value: Word, k0: Word, k1: Word) -> Word:
    """SipHash-2-4 of the value's eight little-endian bytes."""
    v0, v1, v2, v3 = k0 ^ _V0, k1 ^ _V1, k0 ^ _V2, k1 ^ _V3
    v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, value)
    return _finish(v0, v1, v2, v3, np.uint64(8) << np.uint64(56))


@kernel
def sip_bytes(data: Bytes, start: int, stop: int, k0: Word, k1: Word) -> Word:
    """SipHash-2-4 of `data[start:stop]`."""
    v0, v1, v2, v3 = k0 ^ _V0, k1 ^ _V1, k0 ^ _V2, k1 ^ _V3
    at = start
    while at + 8 <= stop:
        v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, read_word(data, at))
        at += 8
    last = np.uint64((stop - start) & 255) << np.uint64(56)
    for i in range(stop - at):
        last |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return _finish(v0, v1, v2, v3, last)


@kernel
def _absorb(v0: Word, v1: Word, v2: Word, v3: Word, word: Word) -> State:
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ word, v1, v2, v3


@kernel
def _finish(v0: Word, v1: Word, v2: Word, v3: Word, last: Word) -> Word:
    v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, last)
    v2 ^= np.uint64(255)
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@kernel
def _round(v0: Word, v1: Word, v2: Word, v3: Word) -> State:
    v0 += v1
    v2 += v3
    v1 = _turn(v1, 13) ^ v0
    v3 = _turn(v3, 16) ^ v2
    v0 = _turn(v0, 32) + v3
    v2 += v1
    v1 = _turn(v1, 17) ^ v2
    v3 = _turn(v3, 21) ^ v0
    v2 = _turn(v2, 32)
    return v0, v1, v2, v3


@kernel
def _turn(word: Word, by: int) -> Word:
    return word << np.uint64(by) | word >> np.uint64(64 - by)
