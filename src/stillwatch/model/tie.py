"""What two groups of accounts share of one kind of value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tie:
    """Code of the kind, number of shared values (each counted by the fewer holders), the number that chance gives, and
    how much more it is in bits."""

    kind: int
    values: int
    expected: float
    bits: float
