"""Reasoning blocks and conversations that move between the accounts of a campaign.

A block that one account got comes back in a request of another one, also where no conversation leads there;
and a conversation that one account began goes on in another. Innocent clients send blocks back too, within
their own conversation; relays and fallback routers carry their customers' conversations over several accounts.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.population.scenario import Campaign, Scenario

_BLOCKS = Raid(
    kinds=("reasoning", "agentic", "solutions"),
    variants=5,
    frames=3,
    per_account=60,
    reword=0.15,
    run=5,
    gap=20,
    talk=0.3,
    passes=0.3,
    grafts=0.15,
    thinking=0.4,
    cell=8,
    clients=10,
    vectors=10,
)

SCENARIO = Scenario(
    name="replay",
    title="Reasoning blocks and conversations moved between accounts",
    days=14,
    accounts=60_000,
    campaigns=(Campaign("graft", "actor-graft", 2_000, partial(raid, how=_BLOCKS)),),
    shares=MappingProxyType(
        {"reasoning_replay": 0.07, "coding_agents": 0.05}
    ),  # many replay blocks as they should
)
