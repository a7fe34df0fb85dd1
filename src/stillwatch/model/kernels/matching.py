"""Runs that two sequences have in common, as `difflib.SequenceMatcher` finds them without its heuristics.

The longest run in common comes first (the leftmost of equals), then the longest to the left of it, and to the right.
Source: Ratcliff and Metzener, "Pattern matching: the gestalt approach", Dr. Dobb's Journal, 1988.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@kernel
def in_common(a: Codes, b: Codes, least: int) -> Flags:
    """Which items of `a` stand in a run of at least `least` items that is matched with one of `b`; bool[len(a)]."""
    match = np.full(len(a), -1, np.int64)
    waiting = np.empty((len(a) + 1, 4), np.int64)
    waiting[0] = 0, len(a), 0, len(b)
    n = 1
    while n:
        n -= 1
        a_low, a_high, b_low, b_high = waiting[n]
        i, j, size = _longest(a, b, a_low, a_high, b_low, b_high)
        for k in range(size):
            match[i + k] = j + k
        if size and a_low < i and b_low < j:
            waiting[n] = a_low, i, b_low, j
            n += 1
        if size and i + size < a_high and j + size < b_high:
            waiting[n] = i + size, a_high, j + size, b_high
            n += 1
    return _runs(match, least)


@kernel
def _longest(a: Codes, b: Codes, a_low: int, a_high: int, b_low: int, b_high: int) -> tuple[int, int, int]:
    """Where the longest run in common begins in `a` and in `b`, and how long it is."""
    start, other, size = a_low, b_low, 0
    width = b_high - b_low
    before = np.zeros(width + 1, np.int32)  # length of the run that ends before each item of b
    after = np.zeros(width + 1, np.int32)
    for i in range(a_low, a_high):
        item, most = a[i], np.int32(0)
        for j in range(width):  # no step waits for another, so that several are done at once
            here = before[j] + np.int32(1) if item == b[b_low + j] else np.int32(0)
            after[j + 1] = here
            most = max(most, here)
        if most > size:
            size = int(most)
            start = i - size + 1
            j = 1
            while after[j] != size:
                j += 1
            other = b_low + j - size
        before, after = after, before
    return start, other, size


@kernel
def _runs(match: Codes, least: int) -> Flags:
    """Items in runs of matches one after the other, `least` or more."""
    out = np.zeros(len(match), np.bool_)
    first = 0
    for i in range(1, len(match) + 1):
        if i == len(match) or match[first] < 0 or match[i] != match[i - 1] + 1:
            if match[first] >= 0 and i - first >= least:
                out[first:i] = True
            first = i
    return out
