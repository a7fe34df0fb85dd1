"""Texts scored against weights of words: which profiles the words of each text fit.

Most words of a text weigh a little under many profiles. So the words that a profile cannot do without are added up
first, and only where they come to enough is every word of the text looked at, in the order of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.wording import WordSets

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint32]  # without a sign, so that kernels need not look for positions from the end
Positions = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint64]

SIEVE = 1 << 20  # bits
SPARED = 0.5  # share of what a text needs for a profile that words may weigh which are not looked at first
SLACK = 2.0**-13  # share of all weights by which a sum of 32-bit numbers may be off, and more
_SPREAD = np.uint64(0x9E37_79B1_85EB_CA87)
_SIEVE_SHIFT = np.uint64(64 - 20)
_ONE, _SIX, _LOW = np.uint64(1), np.uint64(6), np.uint64(63)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Weights of words under P profiles, in bits.

    Word `words[i]` adds `weights[j]` to profile `profiles[j]` for j in `starts[i]:starts[i + 1]`; a text starts at
    `base[p]` (all words absent) and fits profile p from `least[p]` on, which is more than `base[p]`.
    """

    words: Words
    starts: Ints
    profiles: Positions
    weights: Floats
    base: Floats
    least: Floats


class Postings(NamedTuple):
    """Lists one after another: list i has `codes[starts[i]:starts[i + 1]]`, and the weights that go with them."""

    starts: Bits
    codes: Codes
    weights: Floats


class Search(NamedTuple):
    """A lexicon made ready to be searched.

    `table` and `sieve` find a word; `telling` lists, word by word, the profiles that are told by it, `rows`, profile by
    profile, all its words. A text that fits profile p has telling words that weigh at least `floor[p]`.
    """

    words: Words
    table: Ints
    sieve: Bits
    telling: Postings
    rows: Postings
    base: Floats
    least: Floats
    floor: Floats


def search(lexicon: Lexicon) -> Search:
    """What `fitting` looks for: of each profile the heaviest words tell it, which are the rarest."""
    words, starts, profiles, weights, base, least = (getattr(lexicon, f.name) for f in fields(lexicon))
    word = np.repeat(np.arange(len(words), dtype=np.int32), np.diff(starts))
    total = np.bincount(profiles, weights=np.abs(weights), minlength=len(base)) + np.abs(base)
    need = least.astype(np.float64) - base - SLACK * total
    tells = np.ones(len(weights), np.bool_)
    floor = _spare(np.argsort(weights, kind="stable"), profiles, weights, need, tells)
    return Search(
        words,
        *_index(words),
        _postings(word[tells], profiles[tells], weights[tells], len(words)),
        _postings(profiles, word, weights, len(base)),
        base,
        least,
        floor.astype(np.float32),
    )


def _postings(of: Positions, codes: Positions, weights: Floats, n: int) -> Postings:
    """Codes and weights of each of n lists, of which they are `of`."""
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(n + 1))
    return Postings(starts.astype(np.uint64), codes[order].astype(np.uint32), weights[order])


def fitting(sets: WordSets, lexicon: Search, *, of_best: float = 0.0) -> tuple[Ints, Ints]:
    """Texts and the profiles they fit, a pair each: text number, profile, both int64, in ascending order.

    A profile with less than the share `of_best` of a text's best score does not count: what stands in a slot may be
    somebody else's request.
    """
    if len(lexicon.words) == 0 or len(sets.words) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    most = int(np.diff(sets.starts).max())
    return _fits(sets.starts, sets.words, most, lexicon, np.float32(of_best))


def own_scores(sets: WordSets, lexicon: Lexicon, own: Ints) -> Floats:
    """Score in bits of each text under the profile that is its own, NaN where they have no word in common."""
    out = np.full(len(sets.starts) - 1, np.nan, np.float32)
    if len(lexicon.words):
        _own(
            sets.starts, sets.words, *_index(lexicon.words), lexicon.words, lexicon.starts, lexicon.profiles,
            lexicon.weights, lexicon.base, own, out,
        )  # fmt: skip
    return out


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
def _spare(order: Ints, profiles: Positions, weights: Floats, need: Wide, tells: Flags) -> Wide:
    """Clear `tells` for words in this order while a profile can spare them; what the others must come to."""
    spared = np.zeros(len(need), np.float64)
    for j in order:
        p = profiles[j]
        if weights[j] <= 0 or spared[p] + weights[j] < SPARED * need[p]:
            spared[p] += max(weights[j], np.float32(0))
            tells[j] = False
    return need - spared


@kernel
def _fits(
    text_starts: Ints, words: Words, most: int, lexicon: Search, of_best: np.float32
) -> tuple[Ints, Ints]:
    """Lists are taken out of the lexicon here: wherever they are, their uses are counted, at some cost."""
    table, sieve, keys, floor = lexicon.table, lexicon.sieve, lexicon.words, lexicon.floor
    starts, profiles, weights = lexicon.telling
    row_starts, row_words, row_weights = lexicon.rows
    base, least = lexicon.base, lexicon.least
    partial, likely = np.zeros(len(base), np.float32), np.empty(len(base) + 1, np.uint32)
    held, place = np.empty(most, np.uint32), np.zeros(len(keys), np.uint32)
    gain, score = np.empty(most + 1, np.float32), np.empty(len(base), np.float32)
    text, profile = np.empty(1024, np.int64), np.empty(1024, np.int64)
    used = 0
    for i in range(len(text_starts) - 1):
        n = _held(words[text_starts[i] : text_starts[i + 1]], table, sieve, keys, held)
        some = likely[: _likely(held[:n], starts, profiles, weights, floor, partial, likely)]
        if len(some) == 0:
            continue
        _scores(held[:n], row_starts, row_words, row_weights, base, some, place, gain, score)
        found = _reached(some, score, least)
        best = np.float32(0)
        for p in some[:found]:
            best = max(best, score[p])
        if used + found > len(text):
            text, profile = _larger(text, used, found), _larger(profile, used, found)
        for p in some[:found]:
            if score[p] >= of_best * best:
                text[used], profile[used] = i, p
                used += 1
    return text[:used].copy(), profile[:used].copy()


@kernel
def _held(words: Words, table: Ints, sieve: Bits, keys: Words, out: Codes) -> int:
    """Numbers of those words that the lexicon has, into `out`; how many."""
    n = 0
    for word in words:
        found = _find(table, sieve, keys, word)
        if found >= 0:
            out[n] = found
            n += 1
    return n


@kernel
def _likely(
    known: Codes, starts: Bits, profiles: Codes, weights: Floats, floor: Floats, partial: Floats, out: Codes
) -> np.int64:
    """Profiles whose telling words come to enough, into `out`; how many. `partial` is 0 before and after."""
    n = np.uint64(0)
    for word in known:
        for j in range(starts[word], starts[word + _ONE]):
            p = profiles[j]
            before = partial[p]
            out[n] = p
            n += np.uint64(before == 0)
            partial[p] = before + weights[j]
    found = np.uint64(0)
    for p in out[:n]:
        out[found] = p
        found += np.uint64(partial[p] >= floor[p])
        partial[p] = 0
    return np.int64(found)


@kernel
def _scores(
    known: Codes, starts: Bits, words: Codes, weights: Floats, base: Floats, likely: Codes,
    place: Codes, gain: Floats, score: Floats,
) -> None:  # fmt: skip
    """Score under each of the likely profiles, its words added in the order of the text.

    `place` is 0 before and after, `gain` holds what each of the known words adds, from 1 on.
    """
    n = len(known)
    for k in range(n):
        place[known[k]] = k + 1
    for p in likely:
        gain[: n + 1] = 0
        for j in range(starts[p], starts[p + _ONE]):
            gain[place[words[j]]] = weights[j]
        total = base[p]
        for added in gain[1 : n + 1]:
            total += added
        score[p] = total
    for word in known:
        place[word] = 0


@kernel
def _reached(likely: Codes, score: Floats, least: Floats) -> int:
    """Those profiles whose least score is reached, sorted, to the front; how many."""
    found = 0
    for p in likely:
        if score[p] >= least[p]:
            at = found
            while at > 0 and likely[at - 1] > p:
                likely[at] = likely[at - 1]
                at -= 1
            likely[at] = p
            found += 1
    return found


@kernel
def _larger(values: Ints, used: int, more: int) -> Ints:
    """A copy with room for `more` after those in use."""
    out = np.empty(2 * len(values) + more, np.int64)
    out[:used] = values[:used]
    return out


@kernel
def _own(
    text_starts: Ints, words: Words, table: Ints, sieve: Bits, keys: Words, starts: Ints, profiles: Positions,
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
