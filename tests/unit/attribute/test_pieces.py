"""Pieces: findings that weigh for a harvest, by how much their purpose may lack."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.attribute.pieces import PieceSettings, holds, lead, may_be_pieces

NONE = MappingProxyType({})
CHANCE = Hypothesis("unrelated", "chance", "innocent", 0.0, NONE)
FINDING = Assessment(
    "coordinated_other", -6 * UNIT, 9 * UNIT, 4 * UNIT, 12 * UNIT, CHANCE, NONE, (), NONE, NONE
)


def with_purpose(bits: float) -> Assessment:
    return replace(FINDING, purpose=round(bits * UNIT))


@pytest.mark.parametrize(("bits", "tiers"), [(0.0, 2), (-2.0, 1), (-5.0, 0)])
def test_what_the_purpose_may_lack(bits: float, tiers: int) -> None:
    found = may_be_pieces({7: with_purpose(bits)}, PieceSettings(purpose_bits=(-4.0, -1.0)))
    assert [[7]] * tiers + [[]] * (2 - tiers) == found


@pytest.mark.parametrize(("weight", "pieces"), [(3.0, [7]), (2.9, [])])
def test_what_hardly_weighs_for_a_harvest_is_no_piece(weight: float, pieces: list[int]) -> None:
    found = may_be_pieces({7: replace(with_purpose(3.0), weight=int(weight * UNIT))})
    assert [pieces] * len(PieceSettings().purpose_bits) == found


@pytest.mark.parametrize(("low", "leads"), [(11.5, True), (10.5, False)])
def test_a_piece_that_weighs_enough_by_itself_leads(low: float, leads: bool) -> None:
    found = {1: FINDING, 2: replace(FINDING, low=int(low * UNIT))}
    assert leads is lead([1, 2], found, AssessSettings(threshold_bits=11.0))


@pytest.mark.parametrize(
    ("weight", "verdict", "stands"),
    [(15.0, "distillation", True), (14.9, "distillation", False), (30.0, "coordinated_other", False)],
)
def test_a_whole_stands_if_it_is_accused_and_not_diluted(weight: float, verdict: str, stands: bool) -> None:
    found = {1: FINDING, 2: replace(FINDING, weight=20 * UNIT)}
    whole = replace(FINDING, verdict=verdict, weight=int(weight * UNIT))
    assert stands is holds(whole, [1, 2], found, PieceSettings())
