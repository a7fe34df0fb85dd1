"""Lengths of requests and answers of several kinds of use at once: the fitted tables, stacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.lab.fit.tables import Reals, lengths

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LengthTables:
    """Tables of k kinds of use (`tables.Lengths`), in one array each."""

    inputs: Reals  # (k, quantiles)
    outputs: Reals  # (k, bands of request length, quantiles)

    @classmethod
    def of(cls, kinds: Sequence[str]) -> LengthTables:
        """The tables of these kinds, in this order."""
        tables = [lengths(kind) for kind in kinds]
        return cls(np.stack([t.inputs for t in tables]), np.stack([t.outputs for t in tables]))

    def request(self, kind: npt.NDArray[np.integer], u: Reals) -> Ints:
        """Tokens of n requests; `kind[i]` is a row of the tables, `u[i]` in [0, 1) the rank of the length."""
        return _between(self.inputs, (kind,), u)

    def answer(self, kind: npt.NDArray[np.integer], u: Reals, v: Reals) -> Ints:
        """Tokens of n answers; `v[i]` is the answer's rank among the answers to requests of rank about
        `u[i]`.
        """
        bands = self.outputs.shape[1]
        return _between(self.outputs, (kind, np.minimum((u * bands).astype(np.int64), bands - 1)), v)


def _between(table: Reals, row: tuple[npt.NDArray[np.integer], ...], u: Reals) -> Ints:
    """Quantile `u` of one row each, at least 1."""
    place = u * (table.shape[-1] - 1)
    low = np.minimum(place.astype(np.int64), table.shape[-1] - 2)
    left, right = table[(*row, low)], table[(*row, low + 1)]
    tokens = np.maximum(np.rint(left + (place - low) * (right - left)), 1)
    return np.asarray(tokens, np.int64)
