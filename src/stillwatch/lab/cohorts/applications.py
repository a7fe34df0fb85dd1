"""Small products in production: one system text, many fillings, a server that runs day and night."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town

KINDS = ("support_bot", "rag", "classification", "summarise", "chat", "translation", "agent")


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One product per account, each with a frame and a data set of its own."""
    accounts = firms(town, rng, n)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 5.0, sigma=1.4),
        run=rng.lognormal(0.8, 0.8, n) + 1,
        gap=rng.lognormal(2.0, 1.3, n),
        clock=habits.many(lambda: town.clocks.machine(rng, swing=float(rng.uniform(0, 0.9))), rng, n, 40),
        talk=rng.choice([0.0, 0.5, 1.0], n, p=[0.6, 0.2, 0.2]),
        script=[_product(town, rng) for _ in range(n)],
        pool=habits.many(lambda: town.host("hosting", rng, int(rng.integers(1, 5))), rng, n, 2000),
        pool_2=habits.many(lambda: town.pool("hosting", rng, 2), rng, n, 60),
        away=rng.choice([0.0, 1.0], n, p=[0.75, 0.25]),
        lease=rng.choice([0.0, 3.0, 60.0], n),
        clients=habits.many(lambda: town.client("sdk http", rng, 2), rng, n, 60),
        params=habits.many(lambda: habits.settings(town, rng, int(rng.integers(1, 3))), rng, n, 120),
        models=habits.many(lambda: town.mix(rng, favourites=int(rng.integers(1, 3))), rng, n, 40),
        keys=rng.choice([1, 2, 3], n),
        users=rng.choice([0, 1, 30, 400], n, p=[0.5, 0.1, 0.2, 0.2]),
        pathways=rng.choice(
            [
                habits.ways(town, api=1.0),
                habits.ways(town, aster=1.0),
                habits.ways(town, birch=1.0),
                habits.ways(town, api=0.7, batch=0.3),
            ],
            n,
            p=[0.6, 0.18, 0.12, 0.1],
        ),
        limited=rng.choice([0.001, 0.01, 0.04], n),
        cache=rng.choice([0.0, 0.5, 0.9], n),
        thinking=rng.choice([0.0, 0.1, 1.0], n, p=[0.7, 0.2, 0.1]),
        length=rng.lognormal(0.0, 0.6, n),
        cut=rng.choice([0.01, 0.05, 0.15], n),
    )
    return Crowd(accounts, streams)


def _product(town: Town, rng: np.random.Generator) -> int:
    """A script of one product: a frame that nobody else has."""
    said = habits.some(rng, habits.kinds(town, KINDS[int(rng.integers(len(KINDS)))]), 1)
    schema = int(rng.integers(1 << 40, 1 << 60)) if rng.random() < 0.3 else -1
    tools = habits.toolset(rng) if rng.random() < 0.25 else -1
    return town.script(Script(said, per="stream", systems=said, schema=schema, tools=tools, reword=0.0))


COHORT = Cohort("applications", "products of small firms", 0.12, 20, 1500, 4, build)
