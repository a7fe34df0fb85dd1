"""Undeclared relays: bought accounts that resell access to ordinary developers. Coordinated,
without a harvest.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.attacks.pool import pool
from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """All kinds of customers' requests,
    balanced over the pool by a router that fails over between accounts.
    """
    accounts, _ = pool(town, rng, n, origins=(0.3, 0.2, 0.25, 0.2, 0.05))
    said = habits.kinds(town, "chat", "coding", "translation", "summarise", "agent")
    said += habits.private(
        town, rng, "chat coding rag classification agent support_bot batch_nlp", int(rng.integers(6, 20))
    )
    script = town.script(Script(said, per="session", follow=said))
    exits = town.pool("residential", rng, 150)
    servers = habits.many(lambda: town.host("hosting", rng, 2), rng, n, 6)
    hosted = rng.random(n) < 0.4
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 4.8, sigma=0.9),
        run=rng.uniform(2, 8, n),
        gap=rng.lognormal(2.8, 0.6, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 3),
        talk=float(rng.uniform(0.1, 0.8)),
        script=script,
        pool=np.where(hosted, servers, exits),
        lease=np.where(hosted, 60.0, rng.choice([0.0, -1.0, 1.0], n)),
        router=int(rng.integers(1 << 20, 1 << 30)),
        **habits.coded(town, rng, n, "http sdk", most=3),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("undeclared_relay", "undeclared relays without a harvest", 0.015, 12, 300, 6, build)
