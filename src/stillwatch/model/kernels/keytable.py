"""Tables of keys: the smallest and the largest number that goes with each, the distinct ones, and the places of keys
among known ones.

Sorting does the same, at several times the cost once there are millions of keys.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from stillwatch.model.ahead import ahead
from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Values = TypeVar("Values", npt.NDArray[np.int64], npt.NDArray[np.uint64])

FIRST = 1 << 12  # places of a table that grows
RANGED = 1 << 17  # keys that are worth being put into ranges first
_RANGES = 256
_SIGN, _TO_RANGE = np.uint64(1 << 63), np.uint64(64 - 8)
_SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)
_SHIFT = np.uint64(24)


def extremes(keys: Ints, low: Ints, high: Ints, *, threads: int = 1) -> tuple[Ints, Ints, Ints]:
    """Sorted distinct keys, with the smallest `low` and the largest `high` of each.

    Many keys are looked at range by range, in threads, so that the table of each range stays in the processor's cache.
    """
    if len(keys) < RANGED:
        return _sorted_extremes(keys, low, high)
    starts, keys, low, high = _by_range(keys, low, high)
    ranges = [slice(a, b) for a, b in pairwise(starts.tolist())]
    parts = ahead(lambda own: _sorted_extremes(keys[own], low[own], high[own]), ranges, threads=threads)
    found, least, most = (np.concatenate(column) for column in zip(*parts, strict=True))
    return found, least, most


def _sorted_extremes(keys: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints]:
    found, least, most = _extremes(keys, low, high)
    order = np.argsort(found)
    return found[order], least[order], most[order]


def coded(values: Values) -> tuple[Values, Codes]:
    """Sorted distinct values, int64 or uint64, and for each value its position among them."""
    bits = np.ascontiguousarray(values).view(np.int64)
    distinct, _, _ = _extremes(bits, bits, bits)
    known = np.sort(distinct.view(values.dtype))
    return known, places(known.view(np.int64), bits)


def places(known: Ints, keys: Ints) -> Codes:
    """Position of each key among the known ones, which are distinct; -1 for others. Shape as `keys`."""
    out = np.empty(keys.size, np.int32)
    table = np.full(1 << max(8, int(2 * len(known)).bit_length()), -1, np.int32)
    _places(table, known, np.ascontiguousarray(keys).reshape(-1), out)
    return out.reshape(keys.shape)


@kernel
def _at(table: Codes, known: Ints, key: int) -> np.int64:
    """Where the key stands in the table, or the empty place where it would."""
    mask = len(table) - 1
    at: np.int64 = np.int64((np.uint64(key) * _SPREAD) >> _SHIFT) & mask
    while table[at] >= 0 and known[table[at]] != key:
        at = (at + 1) & mask
    return at


@kernel
def _fill(table: Codes, known: Ints, n: int) -> None:
    for i in range(n):
        table[_at(table, known, known[i])] = i


@kernel
def _places(table: Codes, known: Ints, keys: Ints, out: Codes) -> None:
    _fill(table, known, len(known))
    for i in range(len(keys)):
        out[i] = table[_at(table, known, keys[i])]


@kernel
def _by_range(keys: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Where each range of keys begins, int64[_RANGES + 1], and the rows range by range, in their order."""
    starts = np.zeros(_RANGES + 1, np.int64)
    for key in keys:
        starts[((np.uint64(key) ^ _SIGN) >> _TO_RANGE) + np.uint64(1)] += 1
    starts = np.cumsum(starts)
    at = starts[:-1].copy()
    out_keys, out_low, out_high = np.empty_like(keys), np.empty_like(low), np.empty_like(high)
    for i in range(len(keys)):
        own = (np.uint64(keys[i]) ^ _SIGN) >> _TO_RANGE
        to = at[own]
        out_keys[to], out_low[to], out_high[to] = keys[i], low[i], high[i]
        at[own] = to + 1
    return starts, out_keys, out_low, out_high


@kernel
def _extremes(keys: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints]:
    table = np.full(FIRST, -1, np.int32)
    room = FIRST // 2
    found, least, most = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    n = 0
    for i in range(len(keys)):
        at = _at(table, found, keys[i])
        code = table[at]
        if code >= 0:
            least[code] = min(least[code], low[i])
            most[code] = max(most[code], high[i])
            continue
        if n == room:
            room *= 2
            found, least, most = longer(found, room), longer(least, room), longer(most, room)
            table = np.full(2 * room, -1, np.int32)
            _fill(table, found, n)
            at = _at(table, found, keys[i])
        table[at] = n
        found[n], least[n], most[n] = keys[i], low[i], high[i]
        n += 1
    return found[:n].copy(), least[:n].copy(), most[:n].copy()


@kernel
def longer(values: Ints, room: int) -> Ints:
    """A copy with room for so many, the values first."""
    out = np.empty(room, np.int64)
    out[: len(values)] = values
    return out
