"""From traffic to tracked groups: of two campaigns one actor's are tied, a copycat is accused and is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.attribute.actors.ladder import NAMED
from stillwatch.lab.attribution.endtoend import check

pytestmark = pytest.mark.long


def test_an_actor_that_comes_back_is_tied_and_its_copycat_is_not(tmp_path: Path) -> None:
    """Two months simulated, scanned one after the other with one state, profiles drafted in between."""
    of = {one.campaign: one for one in check(tmp_path)}
    assert {"amber-second", "birch-second", "copycat"} == {name for name, one in of.items() if one.found}
    assert ["amber-second"] == [name for name, one in of.items() if one.tied]
    assert NAMED not in {one.ladder for one in of.values()}
    assert of["copycat"].false_flag > of["amber-second"].false_flag
