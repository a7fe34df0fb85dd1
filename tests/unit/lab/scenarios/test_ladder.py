"""What the ladder says it costs is what it simulates."""

from __future__ import annotations

import pytest

from stillwatch.lab.scenarios.ladder import HARVEST, HIDING
from stillwatch.lab.simulate import _town, scenario
from stillwatch.lab.text.clients import load_clients


@pytest.mark.parametrize("level", [0, 5, 6])
def test_harvest_and_camouflage_are_as_priced(level: int) -> None:
    """Requests at scale 1; bought accounts bring a few of their former owners' along."""
    one = scenario(f"ladder-{level}")
    town = _town(one, 1_000, 1, "test", load_clients())
    (campaign,) = one.campaigns
    streams = campaign.build(town, town.rng("ladder"), campaign.accounts, 0).streams
    harvest = streams["campaign"] >= 0
    harvested, other = streams["requests"][harvest].sum(), streams["requests"][~harvest].sum()
    assert harvested == pytest.approx(HARVEST, rel=0.15)
    assert other / harvested == pytest.approx(HIDING.get(level, 0.0), abs=0.1)
