"""Raids that a search found the detector to miss, kept as a regression: a campaign per file in `lab/data/redteam`."""

from __future__ import annotations

from stillwatch.lab.population.scenario import Scenario
from stillwatch.lab.redteam.cases import campaigns

SCENARIO = Scenario(
    name="redteam",
    title="Campaigns that the red team's search found to be missed",
    days=7,
    accounts=50_000,
    campaigns=campaigns(),
)
