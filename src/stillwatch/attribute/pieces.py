"""Which findings may be pieces of one pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.attribute.assess import UNIT, Assessment


@dataclass(frozen=True, slots=True)
class PieceSettings:
    """A finding may be a piece if it weighs for a harvest and its purpose, from few requests, is at least
    `purpose_bits`."""

    purpose_bits: float = -2.0


def may_be_pieces(found: Mapping[int, Assessment], settings: PieceSettings | None = None) -> list[int]:
    """Findings that weigh for a harvest, and whose purpose does not clearly speak against it."""
    s = settings or PieceSettings()
    return [g for g, a in sorted(found.items()) if a.weight > 0 and a.purpose >= s.purpose_bits * UNIT]
