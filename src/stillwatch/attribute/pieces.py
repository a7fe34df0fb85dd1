"""Which findings may be pieces of one pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.attribute.assess import UNIT, Assessment


@dataclass(frozen=True, slots=True)
class PieceSettings:
    """A finding may be a piece if it weighs for a harvest and its purpose is at least one of `purpose_bits`: tried in
    this order, since a piece of which few requests are understood may belong, and may cost the whole its verdict."""

    purpose_bits: tuple[float, ...] = (-4.0, -1.0)


def may_be_pieces(found: Mapping[int, Assessment], settings: PieceSettings | None = None) -> list[list[int]]:
    """Findings that weigh for a harvest and whose purpose does not speak against it: first by the widest bound."""
    s = settings or PieceSettings()
    return [
        [g for g, a in sorted(found.items()) if a.weight > 0 and a.purpose >= bound * UNIT]
        for bound in s.purpose_bits
    ]
