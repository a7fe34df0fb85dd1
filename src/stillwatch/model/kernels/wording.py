"""Words that a text uses, whatever their order.

A reworded prompt keeps few runs of words but many of its words. Words are taken from the first and last `REACH`
of the prompt and the first `REACH` of the system text (counted as other words), so that a long slot between does
not drown them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.text import TextBuffers, text_buffers
from stillwatch.model.kernels.words import BLOCK, Letters, letters, next_words
from stillwatch.model.kernels.xxhash import Bytes

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]

REACH = 64  # words from either end of a prompt, and from the start of a system text
ROOM = 3 * REACH
WINDOW = 1024  # bytes at the end of a long prompt that are looked at first for its last words
_SYSTEM = np.uint64(0xD6E8_FEB8_6659_FD93)
SEEN = 512  # places in the table of a text's words, more than twice as many as there can be words
_SPREAD = np.uint64(0x9E37_79B1_85EB_CA87)
_SEEN_SHIFT = np.uint64(64 - 9)


@dataclass(frozen=True, slots=True)
class WordSets:
    """Distinct words of n texts: text i uses `words[starts[i]:starts[i + 1]]`, uint64, in no order that counts."""

    starts: Ints
    words: Words

    def take(self, at: Ints) -> WordSets:
        """The texts at these positions."""
        sizes = np.diff(self.starts)[at]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        shift = np.repeat(self.starts[at] - starts[:-1], sizes)
        return WordSets(starts, self.words[np.arange(starts[-1]) + shift])

    def joined(self, other: WordSets) -> WordSets:
        """These texts and then the others."""
        return one_after_another([self, other])


def one_after_another(parts: Sequence[WordSets]) -> WordSets:
    """The texts of all parts, in their order."""
    every = [WordSets(np.zeros(1, np.int64), np.zeros(0, np.uint64)), *parts]
    sizes = np.concatenate([np.diff(p.starts) for p in every])
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return WordSets(starts, np.concatenate([p.words for p in every]))


def word_sets(prompts: pa.Array, systems: pa.Array) -> WordSets:
    """Distinct words of each prompt and system text together; a null text has none. Each system text is read once."""
    prompt, system = text_buffers(prompts), systems.dictionary_encode()
    said = _openings(system.dictionary)
    number = np.asarray(system.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int32)
    n = len(prompt.valid)
    starts = np.zeros(n + 1, np.int64)
    words = np.empty(n * ROOM, np.uint64)
    used = _sets(*_parts(prompt), number, said.starts, said.words, letters(), starts, words)
    return WordSets(starts, words[:used].copy())


def _openings(systems: pa.Array) -> WordSets:
    """Distinct words of the first `REACH` of each system text."""
    system = text_buffers(systems)
    n = len(system.valid)
    starts, words = np.zeros(n + 1, np.int64), np.empty(n * REACH, np.uint64)
    used = _first_words(*_parts(system), letters(), starts, words)
    return WordSets(starts, words[:used])


def _parts(text: TextBuffers) -> tuple[Bytes, Ints, Flags]:
    return text.data, text.starts, text.valid


@kernel
def _first_words(
    data: Bytes, starts: Ints, valid: Flags, table: Letters, out_starts: Ints, out: Words
) -> int:
    words, marks = np.empty(REACH, np.uint64), np.empty(REACH + 1, np.uint64)
    seen, seen_in = np.empty(SEEN, np.uint64), np.full(SEEN, -1, np.int64)
    used = 0
    for i in range(len(valid)):
        if valid[i]:
            found, _ = next_words(data, starts[i], starts[i + 1], table, words, marks)
            used = _add(out, used, seen, seen_in, i, words, found, _SYSTEM)
        out_starts[i + 1] = used
    return used


@kernel
def _sets(
    data: Bytes, starts: Ints, valid: Flags, system: Codes, said_starts: Ints, said: Words,
    table: Letters, out_starts: Ints, out: Words,
) -> int:  # fmt: skip
    """Words of prompts and of system texts, of which row i has number `system[i]`, -1 for none."""
    words, marks = np.empty(BLOCK, np.uint64), np.empty(BLOCK + 1, np.uint64)
    head, tail = np.empty(REACH, np.uint64), np.empty(REACH, np.uint64)
    seen, seen_in = np.empty(SEEN, np.uint64), np.full(SEEN, -1, np.int64)
    used = 0
    for i in range(len(valid)):
        if valid[i]:
            found, at = next_words(data, starts[i], starts[i + 1], table, head, marks)
            used = _add(out, used, seen, seen_in, i, head, found, np.uint64(0))
            found = _last_words(data, at, starts[i + 1], table, words, marks, tail)
            used = _add(out, used, seen, seen_in, i, tail, found, np.uint64(0))
        if system[i] >= 0:
            own = said[said_starts[system[i]] : said_starts[system[i] + 1]]
            used = _add(out, used, seen, seen_in, i, own, len(own), np.uint64(0))
        out_starts[i + 1] = used
    return used


@kernel
def _last_words(
    data: Bytes, at: int, stop: int, table: Letters, words: Words, marks: Words, out: Words
) -> int:  # fmt: skip
    """Put into `out` the last words from `at` on, in no order that counts, and return how many there are; of a long
    text only the end is read, from behind a space, if it has words enough."""
    begin = stop - WINDOW
    if begin > at:
        while begin < stop and data[np.uint64(begin)] != 32:
            begin += 1
        n = _ring_of_words(data, begin, stop, table, words, marks, out)
        if n == len(out):
            return n
    return _ring_of_words(data, at, stop, table, words, marks, out)


@kernel
def _ring_of_words(
    data: Bytes, at: int, stop: int, table: Letters, words: Words, marks: Words, out: Words
) -> int:  # fmt: skip
    n = 0
    while at < stop:
        found, at = next_words(data, at, stop, table, words, marks)
        for j in range(found):
            out[n % len(out)] = words[j]
            n += 1
    return min(n, len(out))


@kernel
def _add(
    out: Words, used: int, seen: Words, seen_in: Ints, text: int, words: Words, n: int, salt: np.uint64
) -> int:
    """Append those of the first n words that the text has not had yet, by a table of the words it had."""
    mask = len(seen) - 1
    for j in range(n):
        word = words[j] ^ salt
        at = np.int64(word * _SPREAD >> _SEEN_SHIFT)
        while seen_in[at] == text and seen[at] != word:
            at = (at + 1) & mask
        if seen_in[at] != text:
            seen[at], seen_in[at] = word, text
            out[used] = word
            used += 1
    return used
