"""Which ids have been seen: a set of 64-bit hashes in one flat array, 11 to 22 bytes an id."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]


class Seen:
    """A growing set of hashes (0 stands for none). Two ids that share a 64-bit hash count as one."""

    def __init__(self) -> None:
        self._slots: Ints = np.zeros(1 << 16, np.int64)
        self._held = 0

    def add(self, hashes: Ints) -> npt.NDArray[np.bool_]:
        """Add hashes, shape (n,); true where one was not there before."""
        while 4 * (self._held + len(hashes)) > 3 * len(self._slots):
            self._grow()
        fresh = np.zeros(len(hashes), np.bool_)
        self._held += _insert(self._slots, np.ascontiguousarray(hashes, np.int64), fresh)
        return fresh

    def has(self, hashes: Ints) -> npt.NDArray[np.bool_]:
        """Which of these hashes, shape (n,), are there."""
        found = np.zeros(len(hashes), np.bool_)
        _find(self._slots, np.ascontiguousarray(hashes, np.int64), found)
        return found

    def __len__(self) -> int:
        return self._held

    def _grow(self) -> None:
        larger = np.zeros(2 * len(self._slots), np.int64)
        held = self._slots[self._slots != 0]
        _insert(larger, held, np.zeros(len(held), np.bool_))
        self._slots = larger


class Recent:
    """The last `most` hashes or more, in two generations: when the younger one is full, the older one is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = max(most // 2, 1)
        self._young, self._old = Seen(), Seen()

    def add(self, hashes: Ints) -> npt.NDArray[np.bool_]:
        """Add hashes, shape (n,); true where one is not remembered."""
        if len(self._young) + len(hashes) > self._most:
            self._young, self._old = Seen(), self._young
        fresh: npt.NDArray[np.bool_] = self._young.add(hashes) & ~self._old.has(hashes)
        return fresh

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


@kernel
def _find(slots: Ints, hashes: Ints, found: npt.NDArray[np.bool_]) -> None:
    mask = len(slots) - 1
    for i in range(len(hashes)):
        at = hashes[i] & mask
        while slots[at] != 0 and slots[at] != hashes[i]:
            at = (at + 1) & mask
        found[i] = slots[at] == hashes[i]


@kernel
def _insert(slots: Ints, hashes: Ints, fresh: npt.NDArray[np.bool_]) -> int:
    """Open addressing with linear probing; returns how many were new."""
    mask = len(slots) - 1
    added = 0
    for i in range(len(hashes)):
        at = hashes[i] & mask
        while slots[at] != 0 and slots[at] != hashes[i]:
            at = (at + 1) & mask
        if slots[at] == 0:
            slots[at] = hashes[i]
            fresh[i] = True
            added += 1
    return added
