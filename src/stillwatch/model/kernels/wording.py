"""Words that a text uses, whatever their order: sets of words, and texts scored against weights of words.

A reworded prompt keeps few runs of words but many of its words. Words are taken from the first and last `REACH`
of the prompt and the first `REACH` of the system text (counted as other words), so that a long slot between does
not drown them.
"""

from __future__ import annotations

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

REACH = 64  # words from either end of a prompt, and from the start of a system text
ROOM = 3 * REACH
_SYSTEM = np.uint64(0xD6E8_FEB8_6659_FD93)
_SPREAD = np.uint64(0x9E37_79B1_85EB_CA87)


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
        starts = np.concatenate([self.starts, other.starts[1:] + self.starts[-1]])
        return WordSets(starts, np.concatenate([self.words, other.words]))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Weights of words under P profiles, in bits.

    Word `words[i]` adds `weights[j]` to profile `profiles[j]` for j in `starts[i]:starts[i + 1]`; a text starts at
    `base[p]` (all words absent) and fits profile p from `least[p]` on.
    """

    words: Words
    starts: Ints
    profiles: npt.NDArray[np.int32]
    weights: Floats
    base: Floats
    least: Floats


def word_sets(prompts: pa.Array, systems: pa.Array) -> WordSets:
    """Distinct words of each prompt and system text together; a null text has none."""
    prompt, system = text_buffers(prompts), text_buffers(systems)
    n = len(prompt.valid)
    starts = np.zeros(n + 1, np.int64)
    words = np.empty(n * ROOM, np.uint64)
    used = _sets(*_parts(prompt), *_parts(system), letters(), starts, words)
    return WordSets(starts, words[:used].copy())


def fitting(sets: WordSets, lexicon: Lexicon, *, of_best: float = 0.0) -> tuple[Ints, Ints]:
    """Texts and the profiles they fit, a pair each: text number, profile, both int64.

    A profile with less than the share `of_best` of a text's best score does not count: what stands in a slot may be
    somebody else's request.
    """
    text, profile, score = all_scores(sets, lexicon)
    fits = score >= lexicon.least[profile]
    text, profile, score = text[fits], profile[fits], score[fits]
    best = np.zeros(len(sets.starts) - 1, np.float32)
    np.maximum.at(best, text, score)
    near = score >= of_best * best[text]
    return text[near], profile[near]


def all_scores(sets: WordSets, lexicon: Lexicon) -> tuple[Ints, Ints, Floats]:
    """Every text and profile that have a word in common: text number, profile, score in bits."""
    if len(lexicon.words) == 0:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0, np.float32)
    table = _index(lexicon.words)
    size = _touched(
        sets.starts, sets.words, table, lexicon.words, lexicon.starts, lexicon.profiles, lexicon.base
    )
    text, profile, score = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float32)
    _all(
        sets.starts, sets.words, table, lexicon.words, lexicon.starts, lexicon.profiles, lexicon.weights,
        lexicon.base, text, profile, score,
    )  # fmt: skip
    return text, profile, score


def _parts(text: TextBuffers) -> tuple[Bytes, Ints, Flags]:
    return text.data, text.starts, text.valid


def _index(words: Words) -> Ints:
    """Open-addressing table of the positions of words, -1 where empty; its size is a power of two."""
    size = 1 << max(8, int(len(words) * 4 - 1).bit_length())
    table = np.full(size, -1, np.int64)
    _fill(table, words)
    return table


@kernel
def _fill(table: Ints, words: Words) -> None:
    mask = len(table) - 1
    for i in range(len(words)):
        at = np.int64(words[i] * _SPREAD >> np.uint64(20)) & mask
        while table[at] >= 0:
            at = (at + 1) & mask
        table[at] = i


@kernel
def _find(table: Ints, words: Words, word: np.uint64) -> int:
    mask = len(table) - 1
    at = np.int64(word * _SPREAD >> np.uint64(20)) & mask
    while table[at] >= 0:
        if words[table[at]] == word:
            return int(table[at])
        at = (at + 1) & mask
    return -1


@kernel
def _sets(
    data: Bytes, starts: Ints, valid: Flags, sys_data: Bytes, sys_starts: Ints, sys_valid: Flags,
    table: Letters, out_starts: Ints, out: Words,
) -> int:  # fmt: skip
    words, marks = np.empty(BLOCK, np.uint64), np.empty(BLOCK + 1, np.uint64)
    head, tail = np.empty(REACH, np.uint64), np.empty(REACH, np.uint64)
    used = 0
    for i in range(len(valid)):
        first = used
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
            used = _add(out, first, used, head, min(n, REACH), np.uint64(0))
            used = _add(out, first, used, tail, min(max(n - REACH, 0), REACH), np.uint64(0))
        if sys_valid[i]:
            found, _ = next_words(sys_data, sys_starts[i], sys_starts[i + 1], table, words, marks)
            used = _add(out, first, used, words, min(found, REACH), _SYSTEM)
        out_starts[i + 1] = used
    return used


@kernel
def _add(out: Words, first: int, used: int, words: Words, n: int, salt: np.uint64) -> int:
    """Append those of the first n words that `out[first:used]` does not hold yet."""
    for j in range(n):
        word = words[j] ^ salt
        known = False
        for k in range(first, used):
            if out[k] == word:
                known = True
                break
        if not known:
            out[used] = word
            used += 1
    return used


@kernel
def _score_one(
    words: Words, table: Ints, keys: Words, starts: Ints, profiles: npt.NDArray[np.int32], weights: Floats,
    base: Floats, score: Floats, seen: npt.NDArray[np.int32],
) -> int:  # fmt: skip
    """Scores of the profiles that share a word with one text; which they are stands in `seen`."""
    touched = 0
    for word in words:
        found = _find(table, keys, word)
        if found < 0:
            continue
        for j in range(starts[found], starts[found + 1]):
            p = profiles[j]
            if np.isnan(score[p]):
                score[p] = base[p]
                seen[touched] = p
                touched += 1
            score[p] += weights[j]
    return touched


@kernel
def _touched(
    text_starts: Ints, words: Words, table: Ints, keys: Words, starts: Ints, profiles: npt.NDArray[np.int32],
    base: Floats,
) -> int:  # fmt: skip
    last = np.full(len(base), -1, np.int64)
    total = 0
    for i in range(len(text_starts) - 1):
        for word in words[text_starts[i] : text_starts[i + 1]]:
            found = _find(table, keys, word)
            if found < 0:
                continue
            for j in range(starts[found], starts[found + 1]):
                if last[profiles[j]] != i:
                    last[profiles[j]] = i
                    total += 1
    return total


@kernel
def _all(
    text_starts: Ints, words: Words, table: Ints, keys: Words, starts: Ints, profiles: npt.NDArray[np.int32],
    weights: Floats, base: Floats, text: Ints, profile: Ints, out: Floats,
) -> None:  # fmt: skip
    score = np.full(len(base), np.nan, np.float32)
    seen = np.empty(len(base), np.int32)
    used = 0
    for i in range(len(text_starts) - 1):
        own = words[text_starts[i] : text_starts[i + 1]]
        touched = _score_one(own, table, keys, starts, profiles, weights, base, score, seen)
        for k in range(touched):
            p = seen[k]
            text[used], profile[used], out[used] = i, p, score[p]
            used += 1
            score[p] = np.nan
