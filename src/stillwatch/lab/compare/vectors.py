"""Prompts as vectors of fixed length without a language model: hashed words and pairs of words, weighted by rarity.

Where a published detector uses a learned encoder, these stand in for it. Each word and each pair of neighbouring
words adds its weight, with a sign, to `SPREAD` of the dimensions, which is a sparse random projection of the TF-IDF
vector (Achlioptas, 2003); vectors have length 1, so that a product is about the cosine of the TF-IDF vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.text import Text, chunks
from stillwatch.model.kernels.xxhash import Bytes, Word, avalanche

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Matrix = npt.NDArray[np.float32]
BUCKETS = 1 << 18  # in which the texts that hold a word are counted
SPREAD = 4
_PRIME = np.uint64(0x0000_0100_0000_01B3)
_START = np.uint64(0xCBF2_9CE4_8422_2325)
_PAIR = np.uint64(0x9E37_79B1_85EB_CA87)


@dataclass(frozen=True, slots=True)
class Rarity:
    """Weight of each bucket of words: log of (1 + texts) / (1 + texts with it), plus 1."""

    weight: Matrix

    @classmethod
    def measure(cls, texts: Text) -> Rarity:
        """Rarity in a collection of texts."""
        held, n = np.zeros(BUCKETS, np.int64), 0
        last = np.full(BUCKETS, -1, np.int64)
        for part in chunks(texts):
            _count(part.data, part.starts, n, last, held)
            n += len(part.valid)
        return cls((np.log((1 + n) / (1 + held)) + 1).astype(np.float32))


def vectors(texts: Text, rarity: Rarity, *, dimensions: int = 128) -> Matrix:
    """One row of length 1 per text; zeros for a text without words and for null."""
    out = np.zeros((len(texts), dimensions), np.float32)
    at = 0
    for part in chunks(texts):
        n = len(part.valid)
        _add(part.data, part.starts, rarity.weight, out[at : at + n])
        at += n
    return out


def word_sets(texts: Text) -> tuple[Words, Ints]:
    """The distinct word hashes of each text, sorted: text i has `words[starts[i]:starts[i + 1]]`."""
    parts: list[Words] = []
    sizes: list[Ints] = []
    for part in chunks(texts):
        n = len(part.valid)
        room = int((part.starts[1:] - part.starts[:-1] + 1).sum() // 2 + n)
        words, size = np.empty(room, np.uint64), np.zeros(n, np.int64)
        parts.append(words[: _sets(part.data, part.starts, words, size)])
        sizes.append(size)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes or [np.empty(0, np.int64)]))])
    return np.concatenate(parts or [np.empty(0, np.uint64)]), starts.astype(np.int64)


def texts_of(table: pa.Table, column: str) -> pa.Array:
    """A text column as one array, in which null is empty."""
    return table[column].cast(pa.large_string()).fill_null("").combine_chunks()


@kernel
def _word(data: Bytes, at: int, stop: int) -> tuple[Word, int]:
    """Hash of the next word from `at` on, letters without case, and where it ends; 0 if there is none."""
    while at < stop and not _letter(data[at]):
        at += 1
    value, begin = _START, at
    while at < stop and _letter(data[at]):
        byte = data[at]
        if 65 <= byte <= 90:
            byte += 32
        value = (value ^ np.uint64(byte)) * _PRIME
        at += 1
    return (avalanche(value) if at > begin else np.uint64(0)), at


@kernel
def _letter(byte: int) -> bool:
    return byte >= 128 or 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122


@kernel
def _count(data: Bytes, starts: Ints, first: int, last: Ints, held: Ints) -> None:
    for i in range(len(starts) - 1):
        before = np.uint64(0)
        word, at = _word(data, starts[i], starts[i + 1])
        while word:
            for feature in (word, avalanche(word ^ before * _PAIR)):
                bucket = np.int64(feature & np.uint64(BUCKETS - 1))
                if last[bucket] != first + i:
                    last[bucket] = first + i
                    held[bucket] += 1
            before = word
            word, at = _word(data, at, starts[i + 1])


@kernel
def _add(data: Bytes, starts: Ints, weight: Matrix, out: Matrix) -> None:
    d = np.uint64(out.shape[1])
    for i in range(len(starts) - 1):
        before = np.uint64(0)
        word, at = _word(data, starts[i], starts[i + 1])
        while word:
            for feature in (word, avalanche(word ^ before * _PAIR)):
                value = weight[np.int64(feature & np.uint64(BUCKETS - 1))]
                bits = feature
                for _ in range(SPREAD):
                    bits = avalanche(bits + _PAIR)
                    sign = np.float32(1) if bits >> np.uint64(63) else np.float32(-1)
                    out[i, np.int64(bits % d)] += sign * value
            before = word
            word, at = _word(data, at, starts[i + 1])
        norm = np.sqrt(np.sum(out[i] * out[i]))
        if norm > 0:
            out[i] /= norm


@kernel
def _sets(data: Bytes, starts: Ints, words: Words, size: Ints) -> int:
    filled = 0
    for i in range(len(starts) - 1):
        begin = filled
        word, at = _word(data, starts[i], starts[i + 1])
        while word:
            words[filled] = word
            filled += 1
            word, at = _word(data, at, starts[i + 1])
        words[begin:filled].sort()
        kept = begin
        for k in range(begin, filled):
            if k == begin or words[k] != words[kept - 1]:
                words[kept] = words[k]
                kept += 1
        filled = kept
        size[i] = kept - begin
    return filled
