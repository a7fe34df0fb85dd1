"""Unkeyed 64-bit values under the key, to be taken out again by whoever has it.

Words of texts are compared with words of public texts, so they are hashed without a key; on disk that would let
anybody look a word up. A Feistel network of four rounds with SipHash-2-4 as round function is a permutation that
without the key cannot be told from a random one (Luby and Rackoff, SIAM J. Comput. 1988).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.siphash import sip_word
from stillwatch.model.kernels.xxhash import Word

Words = npt.NDArray[np.uint64]
ROUNDS = 4
_MASK = (1 << 64) - 1


def masked(values: Words, key: HashKey) -> Words:
    """Each value under the key. Shape (n,)."""
    return _run(values, key, forward=True)


def unmasked(values: Words, key: HashKey) -> Words:
    """The values that `masked` was given."""
    return _run(values, key, forward=False)


def _run(values: Words, key: HashKey, *, forward: bool) -> Words:
    out = np.empty(len(values), np.uint64)
    plain = np.ascontiguousarray(values, np.uint64)
    (_mask_rows if forward else _unmask_rows)(
        plain, np.uint64(key.k0 & _MASK), np.uint64(key.k1 & _MASK), out
    )
    return out


@kernel
def _mask_rows(values: Words, k0: Word, k1: Word, out: Words) -> None:
    for i in range(len(values)):
        left, right = values[i] >> np.uint64(32), values[i] & np.uint64(0xFFFFFFFF)
        for number in range(ROUNDS):
            left, right = right, left ^ _round(right, number, k0, k1)
        out[i] = left << np.uint64(32) | right


@kernel
def _unmask_rows(values: Words, k0: Word, k1: Word, out: Words) -> None:
    for i in range(len(values)):
        left, right = values[i] >> np.uint64(32), values[i] & np.uint64(0xFFFFFFFF)
        for number in range(ROUNDS - 1, -1, -1):
            left, right = right ^ _round(left, number, k0, k1), left
        out[i] = left << np.uint64(32) | right


@kernel
def _round(half: Word, number: int, k0: Word, k1: Word) -> Word:
    return sip_word(half | np.uint64(number + 1) << np.uint64(40), k0, k1) >> np.uint64(32)
