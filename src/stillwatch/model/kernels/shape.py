"""The skeleton of a text: what kind each line is, runs collapsed.

It survives rewording, so it ties together prompts that share a layout and no sentence.
"""

from __future__ import annotations

import numpy as np

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.xxhash import Bytes, Word, avalanche

_P1 = np.uint64(0x9E37_79B1_85EB_CA87)
_BLANK, _FENCE, _CODE, _HEADING, _BULLET, _NUMBER, _TABLE, _TAG, _LABEL, _QUESTION, _SHORT, _LONG = range(
    1, 13
)
_SHORT_BYTES = 60


@kernel
def shape(data: Bytes, start: int, stop: int) -> Word:
    """Hash of the line kinds of `data[start:stop]`; 0 for a text of one line."""
    while stop > start and data[stop - 1] <= 32:
        stop -= 1
    word = np.uint64(0)
    lines = 0
    last = 0
    code = False
    while start < stop:
        end = start
        while end < stop and data[end] != 10:
            end += 1
        kind = _line_kind(data, start, end)
        if code and kind != _FENCE:
            kind = _CODE
        code ^= kind == _FENCE
        if kind != last:
            word = avalanche(word * _P1 ^ np.uint64(kind))
        last = kind
        lines += 1
        start = end + 1
    return word if lines > 1 else np.uint64(0)


@kernel
def _line_kind(data: Bytes, start: int, end: int) -> int:
    while start < end and data[start] <= 32:
        start += 1
    while end > start and data[end - 1] <= 32:
        end -= 1
    if start == end:
        return _BLANK
    kind = _opening_kind(data, start, end)
    if kind:
        return kind
    if data[end - 1] == 63:  # ?
        return _QUESTION
    if end - start <= _SHORT_BYTES:
        return _LABEL if data[end - 1] == 58 else _SHORT  # :
    return _LONG


@kernel
def _opening_kind(data: Bytes, start: int, end: int) -> int:
    """Kind of a line that its first characters give away, or 0."""
    first = data[start]
    second = data[start + 1] if start + 1 < end else np.uint8(32)
    if first == 96 and second == 96:  # `
        return _FENCE
    if first == 35 or (first == 42 and second == 42):  # # or **
        return _HEADING
    if (first == 45 or first == 42 or first == 43) and second <= 32:  # - * +
        return _BULLET
    if first == 0xE2 and second == 0x80:  # bullet and dashes
        return _BULLET
    if first == 124:  # |
        return _TABLE
    if first == 60 or (first == 91 and data[end - 1] == 93):  # < or [...]
        return _TAG
    return _NUMBER if _numbered(data, start, end) else 0


@kernel
def _numbered(data: Bytes, start: int, end: int) -> bool:
    at = start
    while at < end and 48 <= data[at] <= 57:
        at += 1
    return start < at < end and (data[at] == 46 or data[at] == 41)  # 1. or 1)
