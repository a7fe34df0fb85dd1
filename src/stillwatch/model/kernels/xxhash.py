"""XXH64 for kernels.

Source: the XXH64 specification (Collet, xxHash `doc/xxhash_spec.md`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Word = np.uint64
Bytes = npt.NDArray[np.uint8]

_P1 = np.uint64(0x9E37_79B1_85EB_CA87)
_P2 = np.uint64(0xC2B2_AE3D_27D4_EB4F)
_P3 = np.uint64(0x1656_67B1_9E37_79F9)
_P4 = np.uint64(0x85EB_CA77_C2B2_AE63)
_P5 = np.uint64(0x27D4_EB2F_1656_67C5)


@kernel
def xxh64(data: Bytes, start: int, stop: int, seed: Word) -> Word:
    """XXH64 of `data[start:stop]`."""
    length = stop - start
    at = start
    if length >= 32:
        a, b, c, d = seed + _P1 + _P2, seed + _P2, seed, seed - _P1
        while at + 32 <= stop:
            a = _round(a, read_word(data, at))
            b = _round(b, read_word(data, at + 8))
            c = _round(c, read_word(data, at + 16))
            d = _round(d, read_word(data, at + 24))
            at += 32
        word = _turn(a, 1) + _turn(b, 7) + _turn(c, 12) + _turn(d, 18)
        for lane in (a, b, c, d):
            word = (word ^ _round(np.uint64(0), lane)) * _P1 + _P4
    else:
        word = seed + _P5
    return avalanche(_tail(data, at, stop, word + np.uint64(length)))


@kernel
def avalanche(word: Word) -> Word:
    """Final mixing of XXH64."""
    word = (word ^ word >> np.uint64(33)) * _P2
    word = (word ^ word >> np.uint64(29)) * _P3
    return word ^ word >> np.uint64(32)


@kernel
def read_word(data: Bytes, at: int) -> Word:
    """Eight little-endian bytes from `at`."""
    word = np.uint64(0)
    for i in range(8):
        word |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return word


@kernel
def _tail(data: Bytes, at: int, stop: int, word: Word) -> Word:
    while at + 8 <= stop:
        word = _turn(word ^ _round(np.uint64(0), read_word(data, at)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= stop:
        half = np.uint64(0)
        for i in range(4):
            half |= np.uint64(data[at + i]) << np.uint64(8 * i)
        word = _turn(word ^ half * _P1, 23) * _P2 + _P3
        at += 4
    while at < stop:
        word = _turn(word ^ np.uint64(data[at]) * _P5, 11) * _P1
        at += 1
    return word


@kernel
def _round(lane: Word, word: Word) -> Word:
    return _turn(lane + word * _P2, 31) * _P1


@kernel
def _turn(word: Word, by: int) -> Word:
    return word << np.uint64(by) | word >> np.uint64(64 - by)
