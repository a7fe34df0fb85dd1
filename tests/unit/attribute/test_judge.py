"""Wholes and parts: who is accused must bear it without the others."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.attribute.judge import _standing, _without_copies, rests_of
from stillwatch.store.duck import DuckTables

NOBODY = Hypothesis("unrelated", "chance", "innocent", 0.0, MappingProxyType({}))
FAMILIES = MappingProxyType({"content": (4 * UNIT, 3 * UNIT, 5 * UNIT)})
NONE = MappingProxyType({})
GUILTY = Assessment(
    "distillation", -6 * UNIT, 20 * UNIT, 15 * UNIT, 25 * UNIT, NOBODY, FAMILIES, (), NONE, NONE,
    purpose=2 * UNIT,
)  # fmt: skip
FIRM = replace(NOBODY, name="one_organization", requires=MappingProxyType({"one_organization": 0.5}))
INNOCENT = replace(GUILTY, verdict="innocent", weight=-9 * UNIT, low=-12 * UNIT, high=-6 * UNIT)
EMPLOYED = replace(INNOCENT, best=FIRM)
DOUBTFUL = replace(GUILTY, verdict="coordinated_other", low=5 * UNIT)


@pytest.mark.parametrize(
    ("whole", "tied", "rest", "standing"),
    [
        pytest.param(GUILTY, GUILTY, DOUBTFUL, [0], id="the rest looks like the harvest: one campaign"),
        pytest.param(GUILTY, GUILTY, INNOCENT, [1, 2], id="an innocent crowd is let go"),
        pytest.param(GUILTY, EMPLOYED, INNOCENT, [1, 2], id="neither part bears the accusation"),
        pytest.param(
            GUILTY, GUILTY, replace(DOUBTFUL, weight=5 * UNIT), [1, 2], id="the weight is the others' alone"
        ),
        pytest.param(GUILTY, DOUBTFUL, GUILTY, [0], id="a part too small to be sure of is no other crowd"),
        pytest.param(INNOCENT, GUILTY, INNOCENT, [1, 2], id="a campaign does not hide in a crowd"),
        pytest.param(INNOCENT, INNOCENT, INNOCENT, [0], id="an innocent whole stays whole"),
    ],
)
def test_parts_against_the_whole(
    t: DuckTables, whole: Assessment, tied: Assessment, rest: Assessment, standing: list[int]
) -> None:
    table = {
        "group_id": [1, 2],
        "parent": [0, 0],
        "piece": [0, 1],
        "inside": [True] * 2,
        "tied": [True, False],
    }
    t.put("group_parts", pa.table(table))
    found = {0: whole, 1: tied, 2: rest}
    assert standing == _standing(t, found, AssessSettings(), {})


@pytest.mark.parametrize(
    ("whole", "pieces", "others", "standing"),
    [
        pytest.param(GUILTY, (GUILTY, EMPLOYED, GUILTY), (GUILTY,) * 3, [2, 5], id="one firm is let go"),
        pytest.param(GUILTY, (GUILTY, EMPLOYED, EMPLOYED), (GUILTY,) * 3, [1, 2, 3], id="each by itself"),
        pytest.param(GUILTY, (GUILTY, DOUBTFUL, GUILTY), (GUILTY,) * 3, [0], id="pools of one campaign"),
        pytest.param(GUILTY, (GUILTY, INNOCENT, GUILTY), (GUILTY,) * 3, [0], id="few that look unrelated"),
        pytest.param(
            INNOCENT, (INNOCENT, GUILTY, DOUBTFUL), (INNOCENT,) * 3, [2, 5], id="one pool among firms"
        ),
    ],
)
def test_a_crowd_with_facts_of_its_own_is_judged_by_itself(
    t: DuckTables,
    whole: Assessment,
    pieces: tuple[Assessment, ...],
    others: tuple[Assessment, ...],
    standing: list[int],
) -> None:
    """Groups 1 to 3 are the pieces, 4 to 6 everybody but them."""
    numbers = list(range(1, 7))
    inside = [n < 4 for n in numbers]
    table = {
        "group_id": numbers,
        "parent": [0] * 6,
        "piece": [0, 1, 2] * 2,
        "inside": inside,
        "tied": [True] * 6,
    }
    t.put("group_parts", pa.table(table))
    found = {0: whole} | dict(zip(numbers, (*pieces, *others), strict=True))
    assert standing == _standing(t, found, AssessSettings(), {})


@pytest.mark.parametrize(
    ("rest", "standing"),
    [
        pytest.param(GUILTY, [2, 4, 9], id="the others without both crowds"),
        pytest.param(DOUBTFUL, [1, 2, 3, 4], id="each by itself"),
    ],
)
def test_two_crowds_are_let_go_together(t: DuckTables, rest: Assessment, standing: list[int]) -> None:
    """Of four pieces two are firms; the other two, one and three, are measured as one."""
    numbers = list(range(1, 9))
    table = {
        "group_id": numbers,
        "parent": [0] * 8,
        "piece": [0, 1, 2, 3] * 2,
        "inside": [n < 5 for n in numbers],
        "tied": [True] * 8,
    }
    t.put("group_parts", pa.table(table))
    sizes = {0: range(20), 1: range(8), 2: range(8, 12), 3: range(12, 17), 4: range(17, 20)}
    rows = [(g, m) for g, own in sizes.items() for m in own]
    t.put("group_members", pa.table({"group_id": [g for g, _ in rows], "account_id": [m for _, m in rows]}))
    pieces = (GUILTY, EMPLOYED, GUILTY, EMPLOYED)
    found = {0: GUILTY} | dict(zip(numbers, (*pieces, *(GUILTY,) * 4), strict=True))
    left = rests_of(t, found, AssessSettings())
    assert {0: [*range(8), *range(12, 17)]} == {g: own.tolist() for g, own in left.items()}
    assert standing == _standing(t, found | {9: rest}, AssessSettings(), {0: 9})


def test_a_copy_of_an_accused_group_is_left_out() -> None:
    members = {0: np.arange(10), 1: np.arange(6), 2: np.arange(8, 20)}
    found = {0: GUILTY, 1: GUILTY, 2: INNOCENT}
    assert [0, 2] == _without_copies([0, 1, 2], found, members)


def test_the_accused_come_before_larger_innocent_groups() -> None:
    members = {0: np.arange(10), 1: np.arange(9)}
    assert [1] == _without_copies([0, 1], {0: INNOCENT, 1: GUILTY}, members)
