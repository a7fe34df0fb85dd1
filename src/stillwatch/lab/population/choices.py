"""Weighted lists that streams refer to by number, drawn from in one vectorised call."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.draws import Reals

Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class Choices:
    """Lists of items with weights. Filled while a population is built;
    `freeze` makes it ready to draw from.
    """

    _items: list[Ints] = field(default_factory=list)
    _weights: list[Reals] = field(default_factory=list)
    _known: dict[tuple[bytes, bytes], int] = field(default_factory=dict)

    def add(self, items: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> int:
        """Number of the list; the same list gets the same number."""
        values = np.atleast_1d(np.asarray(items, np.int64))
        shares = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
        key = (values.tobytes(), shares.tobytes())
        if key not in self._known:
            self._known[key] = len(self._items)
            self._items.append(values)
            self._weights.append(shares / shares.sum())
        return self._known[key]

    def __len__(self) -> int:
        return len(self._items)

    def freeze(self) -> Picker:
        """All lists end to end."""
        edges = [np.cumsum(w) for w in self._weights]
        for edge in edges:
            edge[-1] = 1.0
        flat = np.concatenate([edge + i for i, edge in enumerate(edges)]) if edges else np.empty(0)
        items = np.concatenate(self._items) if self._items else np.empty(0, np.int64)
        sizes = np.array([len(i) for i in self._items], np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return Picker(items, flat, starts, np.arange(len(sizes), dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Picker:
    """Frozen `Choices`."""

    items: Ints
    edges: Reals
    starts: Ints
    names: Ints  # list that stands behind each number by which the caller asks

    def pick(self, lists: npt.NDArray[np.integer], u: Reals) -> Ints:
        """One item of each list; `u` in [0, 1) says which. Shape (n,)."""
        return self.items[self.place(lists, u)]

    def place(self, lists: npt.NDArray[np.integer], u: Reals) -> Ints:
        """Position in `items` of the drawn item. Shape (n,)."""
        known = self.names[lists]
        place = np.searchsorted(self.edges, known + u, side="right")
        place = np.minimum(place, self.starts[known + 1] - 1)
        return np.asarray(place, np.int64)
