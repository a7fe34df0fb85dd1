"""Declared resellers: one firm, several accounts,
the mixed traffic of many customers named in the user field.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import DECLARED, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """All customers' kinds of requests through one gateway and one client, spread over the accounts."""
    accounts = one_house(firms(town, rng, n), town, rng, ("reseller", int(rng.integers(1 << 60))))
    accounts = accounts.having(declared=DECLARED.index(("reseller",)), verification=4)
    said = habits.private(town, rng, "chat coding rag classification translation summarise agent", 12)
    said += habits.kinds(town, "chat", "coding", "translation")
    script = town.script(Script(said, systems=habits.system(town, rng, 0.3)))
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 8.8, sigma=0.6),
        run=rng.uniform(2, 6, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 4),
        talk=0.6,
        script=script,
        users=int(rng.integers(50, 2000)),
        router=int(rng.integers(1 << 20, 1 << 30)),
        hands=float(rng.uniform(0.3, 0.9)),
        passes=float(rng.choice([0.0, 0.2, 0.7])),
        **habits.on_servers(town, rng, n, most=3),
        **habits.coded(town, rng, n, "sdk http", most=2),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("declared_reseller", "declared resellers", 0.006, 2, 30, 8, build)
