"""Texts that share a vocabulary: sets of rare words that come together, found where no run of words survives.

The rule of frames, for words: two words belong to one vocabulary when texts with the one mostly hold the other. The
fixed words of a reworded request do so; the words of its slots, and words of a topic, have ever different companions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.cpm import cpm
from stillwatch.model.kernels.keytable import coded, longer
from stillwatch.model.kernels.wording import WordSets

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VocabularySettings:
    """A word counts with at least `least` texts and at most the share `most`; `reach` neighbours in order of how
    common they are become pairs, none commoner than the other by more than `max_ratio`; a pair must come together in
    the share `min_together` of the commoner word's texts. A vocabulary has at least `min_words`, and a text belongs
    to it with `min_held` of them."""

    least: int = 5
    most: float = 0.25
    reach: int = 6
    max_ratio: float = 2.5
    min_together: float = 0.3
    density: float = 0.15
    min_words: int = 6
    min_held: int = 5


def vocabularies(sets: WordSets, settings: VocabularySettings | None = None) -> tuple[Ints, Ints]:
    """Texts and the vocabularies they belong to, a pair each: text number, number of the vocabulary, both int64."""
    s = settings or VocabularySettings()
    if len(sets.words) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    words, code = coded(sets.words)
    counts = np.bincount(code, minlength=len(words))
    rare = (counts >= s.least) & (counts <= max(s.most * (len(sets.starts) - 1), 4 * s.least))
    codes = np.where(rare[code], code, -1).astype(np.int32)
    pairs = _neighbours(sets.starts, codes, counts, s.reach, s.max_ratio)
    left, right, together = _often(pairs, len(words), s.least)
    mostly = together >= s.min_together * np.maximum(counts[left], counts[right])
    share = together[mostly] / np.maximum(counts[left[mostly]], counts[right[mostly]])
    root = _communities(len(words), left[mostly], right[mostly], share, s.density)
    size = np.bincount(root, minlength=len(words))
    of_word = np.where(codes >= 0, np.where(size[root] >= s.min_words, root, -1)[code], -1)
    return _held(sets.starts, of_word, len(words), s.min_held)


def _held(starts: Ints, vocabulary: Ints, n: int, least: int) -> tuple[Ints, Ints]:
    """Pairs of a text and a vocabulary of which it holds at least so many words."""
    text = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    known = vocabulary >= 0
    cell, held = np.unique(text[known] * n + vocabulary[known], return_counts=True)
    cell = cell[held >= least]
    return cell // n, cell % n


def _communities(n: int, left: Ints, right: Ints, share: NDArray[np.float64], density: float) -> Ints:
    """Communities of words whose pairs come together with the share `density` on average; int64[n]."""
    a, b = np.concatenate([left, right]), np.concatenate([right, left])
    order = np.lexsort((b, a))
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(a, minlength=n), out=indptr[1:])
    return cpm(indptr, b[order], np.tile(share, 2)[order], gamma=density)


@kernel
def _neighbours(starts: Ints, codes: NDArray[np.int32], counts: Ints, reach: int, max_ratio: float) -> Ints:
    """Pairs of each text's words that are next to one another in order of how common they are."""
    total = 0
    for i in range(len(starts) - 1):
        total += (starts[i + 1] - starts[i]) * reach
    out = np.empty(total, np.int64)
    used = 0
    for i in range(len(starts) - 1):
        own = codes[starts[i] : starts[i + 1]]
        own = own[own >= 0]
        order = np.argsort(counts[own] * np.int64(1 << 32) + own)
        for x in range(len(order)):
            a = own[order[x]]
            for y in range(x + 1, min(x + 1 + reach, len(order))):
                b = own[order[y]]
                if counts[b] > max_ratio * counts[a]:
                    break
                out[used] = (np.int64(min(a, b)) << 32) | np.int64(max(a, b))
                used += 1
    return out[:used]


@kernel
def _often(pairs: Ints, words: int, least: int) -> tuple[Ints, Ints, Ints]:
    """Distinct pairs, sorted, that come at least so many times, of so many words, and how often each does: counted for
    one word after the other, which is many times faster than sorting them."""
    starts = np.zeros(words + 1, np.int64)
    for pair in pairs:
        starts[(pair >> 32) + 1] += 1
    starts = np.cumsum(starts)
    at, others = starts[:-1].copy(), np.empty(len(pairs), np.int32)
    for pair in pairs:
        others[at[pair >> 32]] = pair & 0xFFFFFFFF
        at[pair >> 32] += 1
    counts, own = np.zeros(words, np.int64), np.empty(words, np.int64)
    room, used = 1024, 0
    left, right, times = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    for word in range(words):
        n = 0
        for other in others[starts[word] : starts[word + 1]]:
            counts[other] += 1
            if counts[other] == least:
                own[n] = other
                n += 1
        if used + n > room:
            room = 2 * room + n
            left, right, times = longer(left, room), longer(right, room), longer(times, room)
        for other in np.sort(own[:n]):
            left[used], right[used], times[used] = word, other, counts[other]
            used += 1
        for other in others[starts[word] : starts[word + 1]]:
            counts[other] = 0
    return left[:used].copy(), right[:used].copy(), times[:used].copy()
