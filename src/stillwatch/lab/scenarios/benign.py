"""No attack at all: what does a detector do with innocent customers only?"""

from __future__ import annotations

from stillwatch.lab.population.scenario import Scenario

SCENARIO = Scenario(
    name="benign",
    title="No attack: innocent customers and all look-alikes",
    days=14,
    accounts=100_000,
    campaigns=(),
)
