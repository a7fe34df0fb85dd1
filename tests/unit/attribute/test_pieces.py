"""Pieces: findings that weigh for a harvest, by how much their purpose may lack."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from stillwatch.attribute.assess import UNIT, Assessment
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.attribute.pieces import PieceSettings, may_be_pieces

NONE = MappingProxyType({})
CHANCE = Hypothesis("unrelated", "chance", "innocent", 0.0, NONE)
FINDING = Assessment(
    "coordinated_other", -6 * UNIT, 9 * UNIT, 4 * UNIT, 12 * UNIT, CHANCE, NONE, (), NONE, NONE
)


def with_purpose(bits: float) -> Assessment:
    return replace(FINDING, purpose=round(bits * UNIT))


@pytest.mark.parametrize(("bits", "tiers"), [(0.0, 2), (-2.0, 1), (-5.0, 0)])
def test_what_the_purpose_may_lack(bits: float, tiers: int) -> None:
    found = may_be_pieces({7: with_purpose(bits)}, PieceSettings((-4.0, -1.0)))
    assert [[7]] * tiers + [[]] * (2 - tiers) == found


def test_what_does_not_weigh_for_a_harvest_is_no_piece() -> None:
    assert [[], []] == may_be_pieces({7: replace(with_purpose(3.0), weight=-UNIT)})
