"""Clients that send reasoning blocks back within their own conversation,
as the documentation asks them to.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import AGENT, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Unrelated products with tool use and thinking switched on."""
    accounts = firms(town, rng, n)
    scripts = [
        town.script(
            Script(
                habits.private(town, rng, "agent rag coding", 2),
                systems=habits.system(town, rng),
                tools=habits.toolset(rng),
            )
        )
        for _ in range(n)
    ]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 2, sigma=1.1),
        run=rng.uniform(4, 14, n),
        gap=rng.lognormal(2.0, 0.6, n),
        clock=habits.clocks(town, rng, n),
        talk=1.0,
        script=scripts,
        **habits.on_servers(town, rng, n),
        **habits.coded(town, rng, n, "sdk agent") | {"thinking": 1.0, "manner": AGENT},
    )
    return Crowd(accounts, streams)


COHORT = Cohort(
    "reasoning_replay", "reasoning sent back within a conversation", 0.015, 6, 200, 6, build, alone=True
)
