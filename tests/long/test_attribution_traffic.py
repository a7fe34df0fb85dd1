"""From traffic to tracked groups: of two campaigns one actor's are tied, a copycat is accused and is not."""

from __future__ import annotations

import pytest

from stillwatch.attribute.actors.ladder import NAMED
from stillwatch.lab.attribution.endtoend import SEEDS, Checked, check

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Checked]]:
    """Of each world two months simulated, scanned one after the other with one state, profiles drafted in between."""
    work = tmp_path_factory.mktemp("worlds")
    return [{one.campaign: one for one in check(work / str(seed), seed)} for seed in SEEDS]


def test_an_actor_that_comes_back_is_tied_and_its_copycat_is_not(worlds: list[dict[str, Checked]]) -> None:
    """The other actor buys everything anew, so nothing ties its second campaign."""
    for of in worlds:
        assert ["amber-second"] == [name for name, one in of.items() if one.tied]


def test_all_campaigns_are_found_and_nobody_is_named(worlds: list[dict[str, Checked]]) -> None:
    for of in worlds:
        assert {"amber-second", "birch-second", "copycat"} == {name for name, one in of.items() if one.found}
        assert NAMED not in {one.ladder for one in of.values()}


def test_a_copycat_is_taken_for_one_sooner_than_its_victim(worlds: list[dict[str, Checked]]) -> None:
    for of in worlds:
        assert of["copycat"].false_flag > of["amber-second"].false_flag
