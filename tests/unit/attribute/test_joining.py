"""Who joins a campaign: findings that weigh for a harvest and are tied to it, which together pass the threshold."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pytest

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.attribute.joining import JoinSettings, joining, may_join

NONE = MappingProxyType({})
CHANCE = Hypothesis("unrelated", "chance", "innocent", 0.0, NONE)
FINDING = Assessment(
    "coordinated_other",
    -6 * UNIT,
    9 * UNIT,
    4 * UNIT,
    12 * UNIT,
    CHANCE,
    NONE,
    (),
    NONE,
    NONE,
    purpose_asked=-UNIT,
)
SETTINGS = AssessSettings(threshold_bits=11.0, purpose_bits=-1.0)


@pytest.mark.parametrize(
    ("finding", "asks"),
    [
        (FINDING, True),
        (replace(FINDING, verdict="distillation"), False),
        (replace(FINDING, weight=2 * UNIT), False),
    ],
    ids=["weighs", "accused already", "hardly weighs"],
)
def test_who_may_join(finding: Assessment, asks: bool) -> None:
    assert [7] * asks == may_join({7: finding}, JoinSettings())


NEVER_SURE = JoinSettings(tie_bits=6.0, sure_bits=99.0)


@pytest.mark.parametrize(("tie", "joins"), [(7.5, True), (6.5, False)])
def test_weight_and_tie_together_pass_the_threshold(tie: float, joins: bool) -> None:
    """The lower end of its weight is 4 bits, the threshold 11."""
    out = joining([7], [1], np.array([[tie]]), {7: FINDING}, SETTINGS, NEVER_SURE)
    assert ({1: [7]} if joins else {}) == out


@pytest.mark.parametrize(
    ("tie", "joins"),
    [(2.5, False), (4.0, False), (5.5, False), (6.5, True)],
    ids=["hardly tied", "tied", "nearly sure", "sure"],
)
def test_the_weight_itself_counts_beside_a_sure_tie(tie: float, joins: bool) -> None:
    """It weighs 9 bits, 4 at the lower end: with 5.5 bits 14.5 and 9.5, with 6.5 bits 15.5 and 10.5."""
    assert joins is bool(joining([7], [1], np.array([[tie]]), {7: FINDING}, SETTINGS, JoinSettings()))


@pytest.mark.parametrize(("tie", "joins"), [(2.5, False), (3.5, True)])
def test_a_weak_tie_is_enough_for_who_nearly_passes_alone(tie: float, joins: bool) -> None:
    own = replace(FINDING, low=9 * UNIT)
    assert joins is bool(joining([7], [1], np.array([[tie]]), {7: own}, SETTINGS, JoinSettings()))


@pytest.mark.parametrize(("tie", "joins"), [(6.5, True), (5.5, False)])
def test_who_is_sure_by_itself_needs_a_tie_all_the_same(tie: float, joins: bool) -> None:
    sure = replace(FINDING, low=20 * UNIT)
    assert joins is bool(joining([7], [1], np.array([[tie]]), {7: sure}, SETTINGS, NEVER_SURE))


def test_it_joins_the_campaign_it_is_tied_to_best_and_pays_for_the_choice() -> None:
    leads = [1, 2, 3, 4]
    bits = np.array([[0.0, 9.5, 3.0, 0.0], [0.0, 8.5, 3.0, 0.0]])
    out = joining(
        [7, 8], leads, bits, {7: FINDING, 8: FINDING}, SETTINGS, JoinSettings(tie_bits=2.0, sure_bits=99.0)
    )
    assert {2: [7]} == out


@pytest.mark.parametrize(
    ("purpose", "tie", "text", "joins"),
    [
        (-2.0, 8.0, True, False),
        (-2.0, 11.0, True, True),
        (-9.0, 18.0, True, False),
        (-9.0, 18.0, False, True),
    ],
    ids=["too little", "a strong tie makes up", "nothing makes up", "no text in the log"],
)
def test_a_tie_makes_up_for_a_purpose_that_is_not_there(
    purpose: float, tie: float, text: bool, joins: bool
) -> None:
    """Each bit that is lacking takes three beyond the threshold, down to a bound."""
    own = replace(FINDING, purpose=round(purpose * UNIT), purpose_asked=-UNIT if text else None)
    assert joins is bool(joining([7], [1], np.array([[tie]]), {7: own}, SETTINGS, NEVER_SURE))


@pytest.mark.parametrize(
    ("new", "core", "joins"),
    [
        ([2], 10, []),
        ([3], 10, [0]),
        ([20], 10, [0]),
        ([21], 10, []),
        ([145], 21, []),
        ([12, 9, 8], 10, [0, 2]),
        ([15] * 11, 71, list(range(9))),
    ],
    ids=[
        "too few",
        "a few",
        "twice as many",
        "more than that",
        "a relay",
        "together",
        "one relay after another",
    ],
)
def test_who_joins_does_not_outweigh_who_bears_the_verdict(
    new: list[int], core: int, joins: list[int]
) -> None:
    ends = np.cumsum([core, *new])
    asking = [np.arange(first, last) for first, last in pairwise(ends.tolist())]
    assert joins == JoinSettings().admitted(asking, np.arange(core))


def test_who_is_in_two_that_join_takes_room_once() -> None:
    asking = [np.arange(10, 25), np.arange(12, 28), np.arange(10, 27)]
    assert [0, 1] == JoinSettings().admitted(asking, np.arange(10))


def test_the_surest_join_first() -> None:
    found = {7: FINDING, 8: FINDING, 9: FINDING}
    bits = np.array([[12.0], [15.0], [13.0]])
    assert {1: [8, 9, 7]} == joining([7, 8, 9], [1], bits, found, SETTINGS, JoinSettings())
