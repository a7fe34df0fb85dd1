"""Which findings may be pieces of one pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings


@dataclass(frozen=True, slots=True)
class PieceSettings:
    """A finding may be a piece if it weighs `weight_bits` for a harvest and its purpose is at least one of
    `purpose_bits`: tried in this order, since a piece of which few requests are understood may belong, and may cost the
    whole its verdict. The whole must keep the share `kept` of the weight of its heaviest piece: strangers dilute it."""

    weight_bits: float = 3.0
    kept: float = 0.75
    purpose_bits: tuple[float, ...] = (-10.0, -4.0, -1.0)


def may_be_pieces(found: Mapping[int, Assessment], settings: PieceSettings | None = None) -> list[list[int]]:
    """Findings that weigh for a harvest and whose purpose does not speak against it: first by the widest bound."""
    s = settings or PieceSettings()
    return [
        [
            g
            for g, a in sorted(found.items())
            if a.weight >= s.weight_bits * UNIT and a.purpose >= bound * UNIT
        ]
        for bound in s.purpose_bits
    ]


def lead(pieces: Sequence[int], found: Mapping[int, Assessment], settings: AssessSettings) -> bool:
    """Whether one of the pieces weighs enough by itself: what none of them shows is not shown by having been put
    together for facts in common, since these weigh in the whole once more."""
    return max(found[g].low for g in pieces) > settings.threshold_bits * UNIT


def holds(
    whole: Assessment, pieces: Sequence[int], found: Mapping[int, Assessment], s: PieceSettings
) -> bool:
    """Whether the whole is accused and its evidence is not diluted."""
    heaviest = max(found[g].weight for g in pieces)
    return whole.verdict == "distillation" and whole.weight >= s.kept * heaviest
