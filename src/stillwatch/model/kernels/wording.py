"""Words that a text uses, whatever their order: sets of words, and texts scored against weights of words.

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
Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint64]

REACH = 64  # words from either end of a prompt, and from the start of a system text
ROOM = 3 * REACH
_SYSTEM = np.uint64(0xD6E8_FEB8_6659_FD93)
SEEN = 512  # places in the table of a text's words, more than twice as many as there can be words
SIEVE = 1 << 20  # bits
STRETCH = 64  # profiles compared in one go
_SPREAD = np.uint64(0x9E37_79B1_85EB_CA87)
_SEEN_SHIFT, _SIEVE_SHIFT = np.uint64(64 - 9), np.uint64(64 - 20)
_ONE, _SIX, _LOW = np.uint64(1), np.uint64(6), np.uint64(63)


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


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Weights of words under P profiles, in bits.

    Word `words[i]` adds `weights[j]` to profile `profiles[j]` for j in `starts[i]:starts[i + 1]`; a text starts at
    `base[p]` (all words absent) and fits profile p from `least[p]` on, if it has any of the words.
    """

    words: Words
    starts: Ints
    profiles: Codes
    weights: Floats
    base: Floats
    least: Floats


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


def fitting(sets: WordSets, lexicon: Lexicon, *, of_best: float = 0.0) -> tuple[Ints, Ints]:
    """Texts and the profiles they fit, a pair each: text number, profile, both int64.

    A profile with less than the share `of_best` of a text's best score does not count: what stands in a slot may be
    somebody else's request.
    """
    if len(lexicon.words) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _fits(
        sets.starts, sets.words, *_index(lexicon.words), lexicon.words, lexicon.starts, lexicon.profiles,
        lexicon.weights, lexicon.base, lexicon.least, np.float32(of_best),
    )  # fmt: skip


def own_scores(sets: WordSets, lexicon: Lexicon, own: Ints) -> Floats:
    """Score in bits of each text under the profile that is its own, NaN where they have no word in common."""
    out = np.full(len(sets.starts) - 1, np.nan, np.float32)
    if len(lexicon.words):
        _own(
            sets.starts, sets.words, *_index(lexicon.words), lexicon.words, lexicon.starts, lexicon.profiles,
            lexicon.weights, lexicon.base, own, out,
        )  # fmt: skip
    return out


def _parts(text: TextBuffers) -> tuple[Bytes, Ints, Flags]:
    return text.data, text.starts, text.valid


def _index(words: Words) -> tuple[Ints, Bits]:
    """Open-addressing table of the positions of words, -1 where empty, its size a power of two; and a sieve, small
    enough for the processor's cache, that holds a bit for each word and lets few others through."""
    size = 1 << max(8, int(len(words) * 4 - 1).bit_length())
    table = np.full(size, -1, np.int64)
    sieve = np.zeros(SIEVE >> 6, np.uint64)
    _fill(table, sieve, words)
    return table, sieve


@kernel
def _fill(table: Ints, sieve: Bits, words: Words) -> None:
    mask = len(table) - 1
    for i in range(len(words)):
        spread = words[i] * _SPREAD
        bit = spread >> _SIEVE_SHIFT
        sieve[bit >> _SIX] |= _ONE << (bit & _LOW)
        at = np.int64(spread >> np.uint64(20)) & mask
        while table[at] >= 0:
            at = (at + 1) & mask
        table[at] = i


@kernel
def _find(table: Ints, sieve: Bits, words: Words, word: np.uint64) -> int:
    spread = word * _SPREAD
    bit = spread >> _SIEVE_SHIFT
    if not sieve[bit >> _SIX] >> (bit & _LOW) & _ONE:
        return -1
    mask = len(table) - 1
    at = np.int64(spread >> np.uint64(20)) & mask
    while table[at] >= 0:
        if words[table[at]] == word:
            return int(table[at])
        at = (at + 1) & mask
    return -1


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
            n, at, stop = 0, starts[i], starts[i + 1]
            while at < stop:
                found, at = next_words(data, at, stop, table, words, marks)
                for j in range(found):
                    if n < REACH:
                        head[n] = words[j]
                    else:
                        tail[n % REACH] = words[j]
                    n += 1
            used = _add(out, used, seen, seen_in, i, head, min(n, REACH), np.uint64(0))
            used = _add(out, used, seen, seen_in, i, tail, min(max(n - REACH, 0), REACH), np.uint64(0))
        if system[i] >= 0:
            own = said[said_starts[system[i]] : said_starts[system[i] + 1]]
            used = _add(out, used, seen, seen_in, i, own, len(own), np.uint64(0))
        out_starts[i + 1] = used
    return used


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


@kernel
def _fits(
    text_starts: Ints, words: Words, table: Ints, sieve: Bits, keys: Words, starts: Ints, profiles: Codes,
    weights: Floats, base: Floats, least: Floats, of_best: np.float32,
) -> tuple[Ints, Ints]:  # fmt: skip
    score, reached = base.copy(), np.empty(len(base), np.int32)
    text, profile = np.empty(1024, np.int64), np.empty(1024, np.int64)
    used = 0
    for i in range(len(text_starts) - 1):
        known = False
        for word in words[text_starts[i] : text_starts[i + 1]]:
            found = _find(table, sieve, keys, word)
            if found >= 0:
                known = True
                for j in range(starts[found], starts[found + 1]):
                    score[profiles[j]] += weights[j]
        if not known:
            continue
        n = _reached(score, least, reached)
        best = np.float32(0)
        for p in reached[:n]:
            best = max(best, score[p])
        if used + n > len(text):
            text, profile = _larger(text, used, n), _larger(profile, used, n)
        for p in reached[:n]:
            if score[p] >= of_best * best:
                text[used], profile[used] = i, p
                used += 1
        score[:] = base
    return text[:used].copy(), profile[:used].copy()


@kernel
def _reached(score: Floats, least: Floats, out: Codes) -> int:
    """Profiles whose least score is reached, into `out`; how many. Most stretches of profiles have none."""
    n = 0
    for first in range(0, len(score), STRETCH):
        stop = min(first + STRETCH, len(score))
        some = 0
        for p in range(first, stop):
            some += score[p] >= least[p]
        if some:
            for p in range(first, stop):
                if score[p] >= least[p]:
                    out[n] = p
                    n += 1
    return n


@kernel
def _larger(values: Ints, used: int, more: int) -> Ints:
    """A copy with room for `more` after those in use."""
    out = np.empty(2 * len(values) + more, np.int64)
    out[:used] = values[:used]
    return out


@kernel
def _own(
    text_starts: Ints, words: Words, table: Ints, sieve: Bits, keys: Words, starts: Ints, profiles: Codes,
    weights: Floats, base: Floats, own: Ints, out: Floats,
) -> None:  # fmt: skip
    for i in range(len(text_starts) - 1):
        p = own[i]
        for word in words[text_starts[i] : text_starts[i + 1]]:
            found = _find(table, sieve, keys, word)
            if found < 0:
                continue
            for j in range(starts[found], starts[found + 1]):
                if profiles[j] == p:
                    out[i] = (base[p] if np.isnan(out[i]) else out[i]) + weights[j]
