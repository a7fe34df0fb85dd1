"""Many accounts, four requests each: 4,000 accounts × 4 requests in 48 hours,
as in the spike disclosed for July 2026.

Residential addresses that no two accounts share, sign-ups spread out, prompts mildly reworded for each
request.
"""

from __future__ import annotations

from functools import partial

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.population.scenario import Campaign, Scenario

_TRICKLE = Raid(
    kinds=("reasoning",),
    variants=6,
    frames=4,
    per_account=4.0,
    spread=0.25,
    origins=(0.05, 0.55, 0.28, 0.12, 0.0),
    run=0.2,
    gap=900,
    reword=0.45,
    clients=12,
    vectors=24,
    cell=12,
    ways=(("api", 1.0),),
    networks=(0.6, 0.4, 0.0, 0.0),
    camouflage=0.5,
    begins=72.0,
    ramp=6.0,
    lasts=42.0,
)

SCENARIO = Scenario(
    name="slow",
    title="4,000 accounts with four requests each in 48 hours",
    days=7,
    accounts=100_000,
    campaigns=(Campaign("trickle", "actor-trickle", 4_000, partial(raid, how=_TRICKLE)),),
)
