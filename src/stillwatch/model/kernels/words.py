"""Words of a text, one after the other, as 64-bit hashes.

A word is a run of letters and digits. Letters are lowered (Latin, Greek, Cyrillic, Armenian), a run of digits
counts as one `0`, white space and punctuation separate. Scripts without spaces (Han, kana, Thai, Lao, Khmer,
Burmese, Tibetan) give one word per character, so that word n-grams work there as well.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.xxhash import Bytes, Word

Letters = npt.NDArray[np.uint16]
Point = np.int64
Hashes = npt.NDArray[np.uint64]

BLOCK = 1024  # words that are read in one go

_START = np.uint64(0xCBF2_9CE4_8422_2325)  # offset and prime of FNV-1a
_PRIME = np.uint64(0x0000_0100_0000_01B3)
_ZERO = np.uint64(48)
_SEPARATOR, _LETTER, _DIGIT, _ALONE = 0, 1, 2, 3


@cache
def letters() -> Letters:
    """What code points below U+0800 count as: 0 separator, 48 digit, else lowered letter; shape (2048,)."""
    return np.fromiter((_counts_as(chr(point)) for point in range(0x800)), np.uint16, 0x800)


def _counts_as(char: str) -> int:
    kind = unicodedata.category(char)
    if kind == "Nd":
        return 48
    if kind[0] not in "LMN":
        return 0
    low = char.lower()
    return ord(low) if len(low) == 1 and ord(low) < 0x800 else ord(char)


@kernel
def next_words(
    data: Bytes, at: int, stop: int, table: Letters, words: Hashes, marks: Hashes
) -> tuple[int, int]:
    """Words from `at` on, as many as `words` holds: how many, and where to go on (`stop` at the end of the
    text).

    `words[i]` is the hash of a word, never 0, and `marks[i]` of the punctuation before it; `marks[n]`,
    after the n words found, belongs to the punctuation that ends the text. `marks` is one longer than
    `words`.
    """
    n = 0
    mark, word = np.uint64(0), _START
    digits = False
    while at < stop:
        byte = data[np.uint64(at)]  # without a sign it cannot count from the end, which would be looked at
        low = byte | 32
        if 97 <= low <= 122:
            word = (word ^ np.uint64(low)) * _PRIME
            digits = False
            at += 1
            continue
        if byte == 32:  # as below, for the commonest separator
            if word != _START:
                words[n], marks[n] = _finish(word), mark
                mark, word, digits = np.uint64(0), _START, False
                n += 1
                if n == len(words):
                    break
            at += 1
            continue
        if byte < 128:
            kind, value, size = (_DIGIT if table[byte] else _SEPARATOR), np.int64(byte), 1
        else:
            kind, value, size = _character(data, at, stop, table)
        if kind == _LETTER:
            word = (word ^ np.uint64(value)) * _PRIME
            digits = False
        elif kind == _DIGIT:
            word = word if digits else (word ^ _ZERO) * _PRIME
            digits = True
        else:
            if word != _START:
                words[n], marks[n] = _finish(word), mark
                mark, word, digits = np.uint64(0), _START, False
                n += 1
                if n == len(words):
                    break  # the character is looked at again
            if kind == _ALONE:
                words[n], marks[n] = _finish((_START ^ np.uint64(value)) * _PRIME), mark
                mark = np.uint64(0)
                n += 1
            elif not (value == 32 or 9 <= value <= 13):
                mark = (mark ^ np.uint64(value)) * _PRIME + np.uint64(1)
        at += size
        if n == len(words):
            break
    if word != _START:
        words[n], marks[n] = _finish(word), mark
        mark = np.uint64(0)
        n += 1
    marks[n] = mark
    return n, at


@kernel
def _finish(word: Word) -> Word:
    word ^= word >> np.uint64(32)
    return word if word != 0 else np.uint64(1)


@kernel
def _character(data: Bytes, at: int, stop: int, table: Letters) -> tuple[int, Point, int]:
    """Kind, value and bytes of the character at `at`; damaged UTF-8 counts as separators."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return _small(np.int64(table[lead]), lead, 1)
    size = 2 if lead < 0xE0 else (3 if lead < 0xF0 else 4)
    if lead < 0xC0 or lead > 0xF7 or at + size > stop:
        return _SEPARATOR, lead, 1
    point = lead & (0x7F >> size)
    for i in range(1, size):
        if data[at + i] & 0xC0 != 0x80:
            return _SEPARATOR, lead, 1
        point = point << 6 | (np.int64(data[at + i]) & 0x3F)
    if point < 0x800:
        return _small(np.int64(table[point]), point, size)
    kind = _large_kind(point)
    if kind == _DIGIT:
        point = np.int64(48)
    elif 0x1E00 <= point < 0x1F00 and not 0x1E95 <= point < 0x1EA0:
        point |= 1  # Latin Extended Additional alternates upper and lower case
    return kind, point, size


@kernel
def _small(counts_as: Point, point: Point, size: int) -> tuple[int, Point, int]:
    if counts_as == 0:
        return _SEPARATOR, point, size
    return (_DIGIT if counts_as == 48 else _LETTER), counts_as, size


@kernel
def _large_kind(point: Point) -> int:
    """Kind of a code point from U+0800 on, by block."""
    if point < 0x2000:
        alone = 0x0E00 <= point < 0x1000 or 0x1000 <= point < 0x10A0 or 0x1780 <= point < 0x1800
        return _ALONE if alone else _LETTER
    if point < 0x2C00 or 0x3000 <= point < 0x3040:
        return _SEPARATOR  # general punctuation, symbols, arrows; CJK punctuation
    if 0x3040 <= point < 0xA000 or 0xF900 <= point < 0xFB00 or 0x20000 <= point < 0x40000:
        return _ALONE  # kana and Han
    if 0xFE00 <= point < 0xFE70 or 0xFF00 <= point < 0xFFF0:
        return _full_width_kind(point)
    if point == 0xFEFF or 0xFFF0 <= point < 0x10000 or 0x1F000 <= point < 0x20000 or point >= 0xE0000:
        return _SEPARATOR  # byte order mark, specials, emoji, tags
    return _LETTER


@kernel
def _full_width_kind(point: Point) -> int:
    if 0xFF10 <= point < 0xFF1A:
        return _DIGIT
    letter = 0xFF21 <= point < 0xFF3B or 0xFF41 <= point < 0xFF5B or 0xFF66 <= point < 0xFFDD
    return _LETTER if letter else _SEPARATOR
