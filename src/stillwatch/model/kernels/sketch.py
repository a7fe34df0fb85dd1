"""Text in, integers out: the keys by which prompts are compared. No text is kept.

docs/reference/sketch.md describes each key and what it survives.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.hashing import Flags, HashKey, Ints, null_where_zero
from stillwatch.model.kernels.intent import (
    CLASSES,
    LANES,
    SPAN,
    Int32s,
    IntentWeights,
    add_word,
    begin_span,
    best_span,
    packed,
)
from stillwatch.model.kernels.minhash import BINS, EMPTY, Words, add_gram, band
from stillwatch.model.kernels.shape import shape
from stillwatch.model.kernels.siphash import sip_word
from stillwatch.model.kernels.text import Text, TextBuffers, chunks
from stillwatch.model.kernels.words import BLOCK, Letters, letters, next_words
from stillwatch.model.kernels.xxhash import Bytes, Word, avalanche

KEY_COLUMNS = (
    "exact_key",
    "band_1",
    "band_2",
    "band_3",
    "head_key",
    "tail_key",
    "shingle_1",
    "shingle_2",
    "shingle_3",
    "shingle_4",
    "shape_key",
)
INTENT_COLUMNS = tuple(f"intent_{name}" for name in CLASSES)
EDGE = 12  # words of the head and tail windows
REACH = 48  # words at either end that shingles are taken from
_EXACT, _BAND, _HEAD, _TAIL, _SHINGLE, _SHAPE = 0, 1, 4, 5, 6, 10
_RING = 64
_RING_MASK = 63
_P1 = np.uint64(0x9E37_79B1_85EB_CA87)
_P2 = np.uint64(0xC2B2_AE3D_27D4_EB4F)
_P3 = np.uint64(0x1656_67B1_9E37_79F9)
_MASK = (1 << 64) - 1


def sketch_text(text: Text, key: HashKey, *, intent: IntentWeights | None = None) -> pa.RecordBatch:
    """Sketch columns of the `keys` table, one row per text: keys int64, `tokens` int32, `intent_*` int16.

    Everything is null where the text is null. A key is null where the text is too short for it: bands need 3
    words, shingles 4, head and tail 12, the shape 2 lines. Without weights the intent columns are null.
    """
    n = len(text)
    keys = np.zeros((len(KEY_COLUMNS), n), np.int64)
    tokens = np.zeros(n, np.int32)
    best = np.zeros((LANES, n), np.int32)
    valid = np.zeros(n, np.bool_)
    weights = packed(intent)
    at = 0
    for part in chunks(text):
        rows = slice(at, at + len(part.valid))
        _sketch_part(part, key, weights, keys[:, rows], tokens[rows], best[:, rows])
        valid[rows] = part.valid
        at = rows.stop
    columns = {name: null_where_zero(keys[i]) for i, name in enumerate(KEY_COLUMNS)}
    columns["tokens"] = pa.array(tokens, pa.int32(), mask=~valid)
    for lane, name in enumerate(INTENT_COLUMNS):
        columns[name] = _bits(best[lane], tokens, lane, intent)
    return pa.RecordBatch.from_pydict(columns)


def normalised_key(text: Text, key: HashKey) -> Ints:
    """`exact_key` of each text, blind to case, digits and white space; 0 for null. Shape (n,)."""
    out = np.zeros(len(text), np.int64)
    table = letters()
    k0, k1 = np.uint64(key.k0 & _MASK), np.uint64(key.k1 & _MASK)
    at = 0
    for part in chunks(text):
        rows = slice(at, at + len(part.valid))
        _exact_rows(part.data, part.starts, part.valid, table, k0, k1, out[rows])
        at = rows.stop
    return out


def _sketch_part(
    part: TextBuffers,
    key: HashKey,
    weights: Words,
    keys: Ints,
    tokens: Int32s,
    best: Int32s,
) -> None:
    k0, k1 = np.uint64(key.k0 & _MASK), np.uint64(key.k1 & _MASK)
    _sketch_rows(part.data, part.starts, part.valid, letters(), weights, k0, k1, keys, tokens, best)


def _bits(raw: Int32s, tokens: Int32s, lane: int, intent: IntentWeights | None) -> pa.Array:
    """Log-odds in 1/100 bit; null for a text without words."""
    if intent is None:
        return pa.nulls(len(raw), pa.int16())
    bits = intent.scale[lane] * raw + intent.bias[lane]
    limit = min(float(intent.limit[lane]), 300.0)
    hundredths = np.rint(100 * np.clip(bits, -limit, limit)).astype(np.int16)
    return pa.array(hundredths, pa.int16(), mask=tokens == 0)


@kernel
def _sketch_rows(
    data: Bytes,
    starts: Ints,
    valid: Flags,
    table: Letters,
    weights: Words,
    k0: Word,
    k1: Word,
    keys: Ints,
    tokens: Int32s,
    best: Int32s,
) -> None:
    bins = np.empty(BINS, np.uint64)
    block = np.empty(2 * BLOCK + 1, np.uint64)
    ring = np.empty(_RING, np.uint64)
    out = np.empty(len(keys), np.uint64)
    span, state = np.empty((SPAN, 2), np.uint64), np.empty(4, np.uint64)
    for i in range(len(valid)):
        if not valid[i]:
            continue
        bins[:] = EMPTY
        out[:] = 0
        begin_span(span, state)
        tokens[i] = _sketch(
            data, starts[i], starts[i + 1], table, weights, k0, k1, bins, block, ring, out, span, state
        )
        for column in range(len(out)):
            keys[column, i] = _sealed(out[column], column, k0, k1)
        for lane in range(LANES):
            best[lane, i] = best_span(state, lane)


@kernel
def _sketch(
    data: Bytes,
    start: int,
    stop: int,
    table: Letters,
    weights: Words,
    k0: Word,
    k1: Word,
    bins: Words,
    block: Words,
    ring: Words,
    out: Words,
    span: Words,
    state: Words,
) -> int:
    """Unsealed keys of one text into `out`, largest raw intent scores into `state`; the number of words."""
    exact = ending = np.uint64(0)
    older = before = np.uint64(0)
    n = 0
    words, marks = block[:BLOCK], block[BLOCK:]
    at = start
    while at < stop:
        found, at = next_words(data, at, stop, table, words, marks)
        for i in range(found):
            word = words[i]
            exact = _fold(_fold(exact, marks[i]), word)
            ring[n & _RING_MASK] = word
            n += 1
            if n >= 3:
                add_gram(bins, _gram(older, before, word, k0))
            if n == REACH:
                _two_smallest(ring, 0, n, k1, out, _SHINGLE)
            if n == EDGE:
                out[_HEAD] = _window(ring, 0, n)
            if len(weights):
                add_word(weights, before, word, n - 1, span, state)
            older, before = before, word
        ending = marks[found]
    if n or ending:
        out[_EXACT] = _fold(exact, ending)
    _close(bins, ring, n, k1, out)
    out[_SHAPE] = shape(data, start, stop)
    return n


@kernel
def _close(bins: Words, ring: Words, n: int, secret: Word, out: Words) -> None:
    """What can be told only at the end of a text."""
    if n >= 3:
        for number in range(3):
            out[_BAND + number] = band(bins, number)
    if n >= EDGE:
        out[_TAIL] = _window(ring, n - EDGE, n)
    if n < REACH:
        _two_smallest(ring, 0, n, secret, out, _SHINGLE)
    _two_smallest(ring, max(0, n - REACH), n, secret, out, _SHINGLE + 2)


@kernel
def _window(ring: Words, start: int, stop: int) -> Word:
    """Hash of the words `start:stop`, which the ring still holds."""
    word = np.uint64(0)
    for i in range(start, stop):
        word = _fold(word, ring[i & _RING_MASK])
    return word


@kernel
def _two_smallest(ring: Words, start: int, stop: int, secret: Word, out: Words, column: int) -> None:
    """The two smallest different hashes of 4-word shingles among the words `start:stop`."""
    first = second = EMPTY
    for i in range(start + 3, stop):
        a, b = ring[i - 3 & _RING_MASK], ring[i - 2 & _RING_MASK]
        c, d = ring[i - 1 & _RING_MASK], ring[i & _RING_MASK]
        gram = avalanche(_gram(a, b, c, secret) * _P2 ^ d)
        if gram < first:
            first, second = gram, first
        elif first < gram < second:
            second = gram
    out[column] = first if first != EMPTY else np.uint64(0)
    out[column + 1] = second if second != EMPTY else np.uint64(0)


@kernel
def _gram(a: Word, b: Word, c: Word, secret: Word) -> Word:
    """Hash of three words under a secret, so that nobody can foresee which of a text's are the smallest."""
    word = (a * _P1 ^ b) * _P2 ^ c ^ secret
    word = (word ^ word >> np.uint64(32)) * _P3
    return word ^ word >> np.uint64(29)


@kernel
def _fold(word: Word, value: Word) -> Word:
    word = (word ^ value) * _P1
    return word ^ word >> np.uint64(32)


@kernel
def _sealed(word: Word, column: int, k0: Word, k1: Word) -> np.int64:
    """SipHash-2-4 of a key and its kind; 0 stays 0."""
    if word == 0:
        return np.int64(0)
    kind = _SHINGLE if _SHINGLE <= column < _SHAPE else column
    sealed = np.int64(sip_word(word + np.uint64(kind) * _P3, k0, k1))
    return sealed if sealed != 0 else np.int64(1)


@kernel
def _exact_rows(
    data: Bytes, starts: Ints, valid: Flags, table: Letters, k0: Word, k1: Word, out: Ints
) -> None:
    words, marks = np.empty(BLOCK, np.uint64), np.empty(BLOCK + 1, np.uint64)
    for i in range(len(valid)):
        if not valid[i]:
            continue
        exact = ending = np.uint64(0)
        at, stop = starts[i], starts[i + 1]
        some = False
        while at < stop:
            n, at = next_words(data, at, stop, table, words, marks)
            for j in range(n):
                exact = _fold(_fold(exact, marks[j]), words[j])
            ending, some = marks[n], some or n > 0
        if some or ending:
            out[i] = _sealed(_fold(exact, ending), _EXACT, k0, k1)
