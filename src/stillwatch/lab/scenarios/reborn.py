"""A pool of 1,600 accounts is banned on day 10; within hours 2,400 new ones go on where it stopped.

Both are one campaign. The bans stand in `enforcement` and in `accounts.status`; the same frames, data set and
routers go on with new accounts, cards and addresses.
"""

from __future__ import annotations

from functools import partial

from stillwatch.lab.attacks.raid import Raid
from stillwatch.lab.attacks.succession import Succession, succession
from stillwatch.lab.population.scenario import Campaign, Scenario

_POOLS = Succession(
    raid=Raid(
        kinds=("solutions", "reasoning", "evolution"),
        variants=5,
        frames=3,
        per_account=60,
        reword=0.1,
        origins=(0.3, 0.18, 0.24, 0.22, 0.06),
        hands=0.8,
        cell=12,
    ),
)

SCENARIO = Scenario(
    name="reborn",
    title="A pool banned on day 10 and its successor within hours",
    days=21,
    accounts=60_000,
    campaigns=(Campaign("phoenix", "actor-phoenix", 4_000, partial(succession, how=_POOLS)),),
)
