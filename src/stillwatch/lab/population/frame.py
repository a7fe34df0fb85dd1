"""A small table of numpy columns with declared names, types and defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.model.errors import UsageError

Array = npt.NDArray[Any]
Spec = Mapping[str, tuple[str, Any]]  # column: (numpy type, default)


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of equal length; made with `Frame.make`, never changed in place."""

    spec: Spec
    columns: Mapping[str, Array]

    @classmethod
    def make(cls, spec: Spec, n: int, **values: npt.ArrayLike) -> Frame:
        """A frame of n rows; plain values are repeated, columns not named get their default."""
        _known(spec, values)
        columns = {}
        for name, (kind, default) in spec.items():
            value = np.asarray(values.get(name, default))
            columns[name] = np.broadcast_to(value, (n,)).astype(kind)
        return cls(spec, columns)

    @classmethod
    def stack(cls, spec: Spec, frames: Sequence[Frame]) -> Frame:
        """The rows of all frames, one after the other."""
        columns = {
            name: np.concatenate([np.empty(0, kind), *(f.columns[name] for f in frames)])
            for name, (kind, _) in spec.items()
        }
        return cls(spec, columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def having(self, **values: npt.ArrayLike) -> Frame:
        """The same rows with some columns replaced."""
        _known(self.spec, values)
        fresh = {
            name: np.broadcast_to(np.asarray(value), (len(self),)).astype(self.spec[name][0])
            for name, value in values.items()
        }
        return Frame(self.spec, {**self.columns, **fresh})

    def take(self, rows: Array | slice) -> Frame:
        """The rows with these positions, or where a mask is true."""
        return Frame(self.spec, {name: column[rows] for name, column in self.columns.items()})


def _known(spec: Spec, values: Mapping[str, object]) -> None:
    unknown = sorted(set(values) - set(spec))
    if unknown:
        raise UsageError(f"no such column: {', '.join(unknown)}", remedy=f"Known are {', '.join(spec)}")
