"""Two-hit filter: remember which keys more than one account used, in fixed memory and one pass.

A table slot holds nothing, the mark of one account, or "several". Two keys that fall into one slot can make
a private key look shared, never the other way round, so what the filter drops is private for certain. It may
be asked only after the whole window has been seen: asked earlier it would lose the first holder of a key.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.ahead import ahead
from stillwatch.model.kernels.compiled import kernel

Ints = NDArray[np.int64]
Slots = NDArray[np.uint32]
Flags = NDArray[np.bool_]
Word = np.uint64

_SEVERAL = np.uint32(0xFFFFFFFF)


class TwoHitFilter:
    """Which keys had two or more accounts; `slots` is rounded up to a power of two."""

    def __init__(self, slots: int) -> None:
        size = 1 << max(10, int(slots - 1).bit_length())
        self._table: NDArray[np.uint32] = np.zeros(size, dtype=np.uint32)

    def add(self, keys: NDArray[np.int64], accounts: NDArray[np.int64]) -> None:
        """Note that `accounts[i]` used `keys[i]`; key 0 means no key."""
        self.fill([keys], accounts, accounts)

    def fill(self, columns: Sequence[Ints], low: Ints, high: Ints, *, threads: int = 1) -> None:
        """Note of several columns of keys that `low[i]` and `high[i]` used their key i; each thread fills its own
        share of the slots."""

        def share(lane: int) -> None:
            for keys in columns:
                _add(self._table, keys, low, high, lane, threads)

        for _ in ahead(share, range(threads), threads=threads):
            pass

    def shared(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool[n]: the key may have several accounts (False: it has one for certain, or is 0)."""
        return _shared(self._table, keys)


@kernel
def _slot(key: int, mask: Word) -> Word:
    x = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.uint64((x >> np.uint64(20)) & mask)


@kernel
def _mark(account: int) -> np.uint32:
    mark = np.uint32(np.uint64(account) >> np.uint64(32))
    return np.uint32(1) if mark == 0 or mark == _SEVERAL else mark


@kernel
def _add(table: Slots, keys: Ints, low: Ints, high: Ints, lane: int, lanes: int) -> None:
    """Note the keys whose slots lie in a share of the table."""
    mask = np.uint64(len(table) - 1)
    first, stop = len(table) * lane // lanes, len(table) * (lane + 1) // lanes
    for i in range(len(keys)):
        at = np.int64(_slot(keys[i], mask))
        if keys[i] == 0 or at < first or at >= stop:
            continue
        mark = _mark(low[i])
        if mark != _mark(high[i]) or (table[at] != 0 and table[at] != mark):
            mark = _SEVERAL
        table[at] = mark


@kernel
def _shared(table: Slots, keys: Ints) -> Flags:
    mask = np.uint64(len(table) - 1)
    out = np.zeros(len(keys), dtype=np.bool_)
    for i in range(len(keys)):
        out[i] = keys[i] != 0 and table[_slot(keys[i], mask)] == _SEVERAL
    return out
