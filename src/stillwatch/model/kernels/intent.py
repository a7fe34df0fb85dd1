"""What a prompt asks for: a linear model over hashed word unigrams and bigrams, scored in the sketch kernel.

Every word and every pair of neighbouring words has a weight per class. A class's raw score is the largest sum
over any `SPAN` neighbouring words (a long passage to be worked on does not dilute the instruction), and its
log-odds in bits are `scale · raw + bias`, fitted on held-out folds with equal classes: 0 is even odds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.model.errors import InputError
from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.text import Text, chunks
from stillwatch.model.kernels.words import BLOCK, Letters, letters, next_words
from stillwatch.model.kernels.xxhash import Bytes, Word

Int8s = npt.NDArray[np.int8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

CLASSES = ("reasoning", "rubric", "generation", "evolution", "agentic", "solutions", "sensitive")
LANES = 8  # classes, filled up so that a row is one machine word
SLOT_BITS = 16
SLOTS = 1 << SLOT_BITS
SPAN = 32  # words
VERSION = "1"
_K1 = np.uint64(0x9E37_79B1_85EB_CA87)
_K2 = np.uint64(0xC2B2_AE3D_27D4_EB4F)
_SIGNS = np.uint64(0x8080_8080_8080_8080)
_EVEN = np.uint64(0x00FF_00FF_00FF_00FF)
_NOTHING = np.uint64(0x0100_0100_0100_0100)  # a word and a pair of weight 0
_TOPS = np.uint64(0x8000_8000_8000_8000)
_LANE = np.uint64(0xFFFF)
_BYTE = np.uint64(8)


@dataclass(frozen=True, slots=True)
class IntentWeights:
    """Weights int8[SLOTS, LANES], and per class the scale and bias that turn a raw score into bits.

    Bits are bounded by ± `limit`, beyond which the training sample is too small to say more.
    """

    table: Int8s
    scale: Floats
    bias: Floats
    limit: Floats
    version: str = VERSION


def read_weights(content: bytes, *, where: str = "intent weights") -> IntentWeights:
    """Weights from the JSON that `write_weights` makes.

    Raises `InputError` if it is not that, or was made for other classes or another version.
    """
    try:
        record = json.loads(content)
        if (record["version"], record["classes"], record["slots"]) != (VERSION, list(CLASSES), SLOTS):
            raise InputError(
                "the intent weights are of another version", where=where, remedy="Train them anew"
            )
        table = np.zeros((SLOTS, LANES), np.int8)
        for lane, name in enumerate(CLASSES):
            at = np.cumsum(np.asarray(record["steps"][name], np.int64))
            table[at, lane] = np.asarray(record["weights"][name], np.int8)
        scale, bias, limit = (np.asarray(record[name], np.float64) for name in ("scale", "bias", "limit"))
        return IntentWeights(table, scale, bias, limit)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(
            f"the intent weights cannot be read: {error}", where=where, remedy="Install the package anew"
        ) from error


def write_weights(weights: IntentWeights) -> bytes:
    """JSON of the weights: per class the distances between non-zero slots, and their values."""
    steps, values = {}, {}
    for lane, name in enumerate(CLASSES):
        at = np.flatnonzero(weights.table[:, lane])
        steps[name] = np.diff(at, prepend=0).tolist()
        values[name] = weights.table[at, lane].tolist()
    record = {
        "version": weights.version,
        "classes": list(CLASSES),
        "slots": SLOTS,
        "scale": [round(float(x), 6) for x in weights.scale],
        "bias": [round(float(x), 6) for x in weights.bias],
        "limit": [round(float(x), 6) for x in weights.limit],
        "steps": steps,
        "weights": values,
    }
    return json.dumps(record, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Grams:
    """Slots of the words of n texts; text i has words `starts[i]:starts[i + 1]`, its first no pair (-1)."""

    starts: Int64s
    single: Int32s
    pair: Int32s


def grams(text: Text) -> Grams:
    """Slots of each word and each pair with the word before it, for training. A null text has no words."""
    table = letters()
    sizes, singles, pairs = [np.zeros(1, np.int64)], [], []
    for part in chunks(text):
        room = len(part.data) + 1
        single, pair = np.empty(room, np.int32), np.empty(room, np.int32)
        size = np.zeros(len(part.valid), np.int64)
        used = _gram_rows(part.data, part.starts, part.valid, table, size, single, pair)
        sizes.append(size)
        singles.append(single[:used].copy())
        pairs.append(pair[:used].copy())
    empty = [np.zeros(0, np.int32)]
    starts = np.cumsum(np.concatenate(sizes))
    return Grams(starts, np.concatenate(singles or empty), np.concatenate(pairs or empty))


@kernel
def single_slot(word: Word) -> Word:
    """Slot of a word."""
    return word * _K1 >> np.uint64(64 - SLOT_BITS)


@kernel
def pair_slot(before: Word, word: Word) -> Word:
    """Slot of a word and the one before it."""
    return (before * _K2 ^ word) * _K1 >> np.uint64(64 - SLOT_BITS)


def packed(weights: IntentWeights | None) -> Words:
    """Rows of the weights as one machine word each, uint64[SLOTS]; none without weights."""
    if weights is None:
        return np.zeros(0, np.uint64)
    return np.ascontiguousarray(weights.table).view(np.uint64).reshape(-1)


@kernel
def begin_span(ring: Words, state: Words) -> None:
    """Make `ring` uint64[SPAN, 2] and `state` uint64[4] ready for a text: a span of words that weigh nothing."""
    ring[:] = _NOTHING
    state[:2] = np.uint64(SPAN) * _NOTHING
    state[2:] = 0


@kernel
def add_word(rows: Words, before: Word, word: Word, number: int, ring: Words, state: Words) -> None:
    """Move the span on by one word; `number` counts words from 0.

    `state` holds the span's sum per class and the largest so far, `ring` what each word of the span added. The pair
    that reaches out of the span at its left end stays with its right word. Four classes share a machine word, 16 bits
    each: a weight counts 128 more than it is, so that no sum is negative, and none reaches the top bit.
    """
    one = rows[single_slot(word)] ^ _SIGNS
    two = rows[pair_slot(before, word)] ^ _SIGNS if number > 0 else _SIGNS
    at = number % SPAN
    even = (one & _EVEN) + (two & _EVEN)
    odd = (one >> _BYTE & _EVEN) + (two >> _BYTE & _EVEN)
    state[0] += even - ring[at, 0]
    state[1] += odd - ring[at, 1]
    ring[at, 0], ring[at, 1] = even, odd
    state[2] = _larger(state[2], state[0])
    state[3] = _larger(state[3], state[1])


@kernel
def best_span(state: Words, lane: int) -> np.int32:
    """Largest sum of a span in a class; of a text without words it says nothing."""
    best = state[2 + lane % 2] >> np.uint64(16 * (lane // 2)) & _LANE
    return np.int32(best) - np.int32(256 * SPAN)


@kernel
def _larger(a: Word, b: Word) -> Word:
    """The larger of each of four 16-bit numbers below 2**15."""
    a_is = ((a | _TOPS) - b & _TOPS) >> np.uint64(15)
    mask = a_is * _LANE
    return a & mask | b & ~mask


@kernel
def _gram_rows(
    data: Bytes,
    starts: Int64s,
    valid: npt.NDArray[np.bool_],
    table: Letters,
    size: Int64s,
    single: Int32s,
    pair: Int32s,
) -> int:
    used = 0
    words, marks = np.empty(BLOCK, np.uint64), np.empty(BLOCK + 1, np.uint64)
    for i in range(len(valid)):
        at, stop = starts[i], starts[i + 1] if valid[i] else starts[i]
        before = np.uint64(0)
        while at < stop:
            n, at = next_words(data, at, stop, table, words, marks)
            for word in words[:n]:
                single[used] = single_slot(word)
                pair[used] = pair_slot(before, word) if size[i] else -1
                used += 1
                size[i] += 1
                before = word
    return used
