"""The three campaigns disclosed in February 2026, in size and kind: 24,000 accounts,
16.55 million exchanges in 30 days.

How the accounts divide among the campaigns was not disclosed; the split here is our assumption.
"""

from __future__ import annotations

from functools import partial

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.population.scenario import Campaign, Scenario

_REASONING = Raid(
    kinds=("reasoning", "rubric", "sensitive"),
    variants=4,
    frames=3,
    per_account=100,
    run=3,
    gap=30,
    ways=(("api", 0.8), ("aster", 0.2)),
)
_AGENTIC = Raid(
    kinds=("agentic", "solutions", "reasoning"),
    variants=5,
    frames=3,
    per_account=618,
    run=8,
    ways=(("api", 0.45), ("aster", 0.25), ("birch", 0.15), ("education", 0.1), ("startup", 0.05)),
)
_CODING = Raid(
    kinds=("agentic", "solutions", "generation", "evolution"),
    variants=6,
    frames=3,
    per_account=765,
    run=10,
    pivot=0.48,
    ways=(("api", 0.5), ("aster", 0.3), ("birch", 0.2)),
)

SCENARIO = Scenario(
    name="disclosure-2026-02",
    title="Three campaigns on the scale disclosed in February 2026",
    days=30,
    accounts=500_000,
    campaigns=(
        Campaign("reasoning", "actor-reasoning", 1_500, partial(raid, how=_REASONING)),
        Campaign("agentic", "actor-agentic", 5_500, partial(raid, how=_AGENTIC)),
        Campaign("coding", "actor-coding", 17_000, partial(raid, how=_CODING)),
    ),
)
