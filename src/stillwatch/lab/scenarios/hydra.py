"""20,000 accounts of relays, of whose traffic one request in twenty is the harvest.

The rest is the traffic of the relays' ordinary customers, who are accused of nothing. A relay's account is a
member of the campaign in the role `relay`; only the harvest is in `truth/exchanges`.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from stillwatch.lab.attacks.raid import Raid
from stillwatch.lab.attacks.relay import Relay, relay
from stillwatch.lab.population.scenario import Campaign, Scenario

_HEADS = Relay(
    harvest=Raid(
        kinds=("reasoning", "agentic", "generation"),
        variants=4,
        frames=3,
        per_account=0.0,
        reword=0.15,
        run=2,
    ),
)

SCENARIO = Scenario(
    name="hydra",
    title="20,000 accounts of relays; a twentieth of their traffic is the harvest",
    days=14,
    accounts=100_000,
    shares=MappingProxyType({"undeclared_relay": 0.12}),  # relays that carry no harvest are common
    campaigns=(Campaign("hydra", "actor-hydra", 20_000, partial(relay, how=_HEADS)),),
)
