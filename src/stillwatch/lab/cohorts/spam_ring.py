"""Spam rings: accounts bought in bulk that write reviews and posts. Coordinated, but nothing is harvested."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.attacks.pool import pool
from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One ring: the same suppliers of accounts and proxies as an attack, few frames,
    short answers that are posted.
    """
    accounts, _ = pool(town, rng, n, origins=(0.5, 0.2, 0.1, 0.15, 0.05))
    said = habits.private(town, rng, "persona chat translation", int(rng.integers(1, 5)))
    span = int(rng.integers(20, 400))
    script = town.script(Script(said, fills="pool", span=span, base=int(rng.integers(1 << 60)), reword=0.3))
    exits = town.pool("residential", rng, 200)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 4.8, sigma=0.8),
        run=rng.uniform(2, 10, n),
        gap=rng.lognormal(2.5, 0.6, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 3),
        script=script,
        pool=exits,
        lease=rng.choice([0.0, -1.0, 3.0], n),
        router=int(rng.integers(1 << 20, 1 << 30)),
        **habits.coded(town, rng, n, "sdk http", most=3) | {"length": 0.6},
    )
    return Crowd(accounts, streams)


COHORT = Cohort("spam_ring", "spam rings", 0.012, 12, 200, 6, build)
