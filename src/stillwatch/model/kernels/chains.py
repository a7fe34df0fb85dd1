"""Which sets each element stands in, as sets are added one by one: a chain of entries for each element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

ROOM = 1024  # entries at the start


@dataclass(slots=True)
class Chains:
    """`heads` int64[N]: the newest entry of each element, -1 for none; of entry e `older[e]` is the one before it and
    `sets[e]` the set; the first `used` entries count."""

    heads: Ints
    older: Ints
    sets: Codes
    used: int

    @classmethod
    def empty(cls, elements: int) -> Chains:
        """No sets of so many elements."""
        return cls(np.full(elements, -1, np.int64), np.empty(ROOM, np.int64), np.empty(ROOM, np.int32), 0)

    def add(self, elements: Ints, number: int) -> None:
        """A set of different elements, under a number from 0 on."""
        need = self.used + len(elements)
        if need > len(self.older):
            self.older = np.concatenate([self.older, np.empty(need, np.int64)])
            self.sets = np.concatenate([self.sets, np.empty(need, np.int32)])
        _chain(self.heads, self.older, self.sets, self.used, elements, number)
        self.used = need

    def counted(self, elements: Ints, sets: int) -> Ints:
        """How many of the elements each of the first `sets` sets holds; int64[sets]."""
        out = np.zeros(sets, np.int64)
        _count(self.heads, self.older, self.sets, elements, out)
        return out


@kernel
def _chain(heads: Ints, older: Ints, sets: Codes, used: int, elements: Ints, number: int) -> None:
    for i in range(len(elements)):
        older[used + i], sets[used + i] = heads[elements[i]], number
        heads[elements[i]] = used + i


@kernel
def _count(heads: Ints, older: Ints, sets: Codes, elements: Ints, out: Ints) -> None:
    for element in elements:
        at = heads[element]
        while at >= 0:
            out[sets[at]] += 1
            at = older[at]
