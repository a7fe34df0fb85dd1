"""Developers who try things out: short scripts, loops, notebooks, a bit of everything."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Mostly stateless calls from a laptop, some from a rented server."""
    accounts = people(town, rng, n)
    said = habits.kinds(town, "coding", "chat", "summarise", "classification", "batch_nlp", "translation")
    scripts = [
        town.script(
            Script(
                habits.some(rng, said, int(rng.integers(1, 7))), per=per, systems=habits.some(rng, said, 2)
            )
        )
        for per in ("exchange", "session") * 16
    ]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 1.6, sigma=1.5),
        run=rng.lognormal(1.6, 0.9, n) + 1,
        gap=rng.lognormal(2.5, 1.2, n),
        spread=rng.uniform(0.3, 1.4, n),
        clock=habits.clocks(town, rng, n),
        talk=rng.choice([0.0, 0.3, 0.8], n, p=[0.65, 0.25, 0.1]),
        script=rng.choice(scripts, n),
        pool=accounts["signup_pool"],
        pool_2=habits.many(lambda: town.host("hosting", rng, 2), rng, n, 300),
        away=rng.choice([0.0, 0.2, 0.7, 1.0], n, p=[0.62, 0.2, 0.1, 0.08]),
        lease=rng.choice([0.0, 0.5, 1.0, 3.0, 14.0, 60.0], n),
        six=rng.choice([0.0, 0.9], n, p=[0.8, 0.2]),
        clients=habits.many(lambda: town.client("sdk http", rng, 3), rng, n, 60),
        changes=rng.choice([0.0, 0.3], n),
        params=habits.many(lambda: habits.settings(town, rng, int(rng.integers(1, 5))), rng, n, 80),
        models=habits.many(lambda: town.mix(rng, favourites=int(rng.integers(1, 4))), rng, n, 40),
        keys=rng.choice([1, 1, 1, 2, 4], n),
        users=rng.choice([0, 1], n, p=[0.85, 0.15]),
        pathways=rng.choice(
            [
                habits.ways(town, api=1.0),
                habits.ways(town, aster=1.0),
                habits.ways(town, api=0.6, console=0.4),
            ],
            n,
            p=[0.75, 0.1, 0.15],
        ),
        limited=rng.choice([0.001, 0.01, 0.05], n, p=[0.6, 0.3, 0.1]),
        thinking=rng.choice([0.0, 0.3, 1.0], n),
        length=rng.lognormal(0.1, 0.5, n),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("developers", "developers trying things out", 0.22, 40, 4000, 4, build)
