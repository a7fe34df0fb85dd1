"""Few accounts at full speed: 273 accounts, 730 requests a day each, as disclosed in September 2026;
five days of it.

The model serves as judge (rubrics); sensitive questions move from the strongest model to one with weaker
safeguards.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.population.scenario import Campaign, Scenario

DAYS = 5

_JUDGE = Raid(
    kinds=("rubric", "sensitive", "solutions"),
    variants=6,
    frames=3,
    per_account=730.0 * DAYS,
    spread=0.35,
    run=40,
    gap=9,
    clients=20,
    vectors=40,
    cell=3,
    networks=(0.5, 0.14, 0.06, 0.3),
    begins=0.0,
    ramp=16.0,
    lasts=24.0 * DAYS,
    retreat=0.8,
    origins=(0.2, 0.18, 0.36, 0.2, 0.06),
)

SCENARIO = Scenario(
    name="intense",
    title="273 accounts with 730 requests a day each",
    days=DAYS,
    accounts=50_000,
    campaigns=(Campaign("judge", "actor-judge", 273, partial(raid, how=_JUDGE)),),
    shares=MappingProxyType({"platforms": 0.18}),  # or volume alone would give the attackers away
)
