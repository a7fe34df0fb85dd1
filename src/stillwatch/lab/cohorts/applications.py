"""Small products in production: one system text, many fillings, a server that runs day and night."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One product per account, each with a frame and a data set of its own."""
    accounts = firms(town, rng, n)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 1.6, sigma=1.4),
        run=rng.lognormal(0.8, 0.8, n) + 1,
        gap=rng.lognormal(2.0, 1.3, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 40),
        talk=rng.choice([0.0, 0.5, 1.0], n, p=[0.6, 0.2, 0.2]),
        script=[_product(town, rng) for _ in range(n)],
        users=rng.choice([0, 1, 30, 400], n, p=[0.5, 0.1, 0.2, 0.2]),
        **habits.on_servers(town, rng, n, most=2000),
        **habits.coded(town, rng, n, most=120),
    )
    return Crowd(accounts, streams)


def _product(town: Town, rng: np.random.Generator) -> int:
    """A script of one product: a frame that nobody else has."""
    said = habits.private(town, rng, "support_bot rag classification summarise chat translation agent judge")
    schema = int(rng.integers(1 << 40, 1 << 60)) if rng.random() < 0.3 else -1
    tools = habits.toolset(rng) if rng.random() < 0.25 else -1
    systems = habits.system(town, rng, 0.8)
    material, pieces = habits.material(town, rng, 0.35)
    return town.script(
        Script(
            said,
            material=material,
            pieces=pieces,
            tag=habits.tag(rng, 0.25),
            per="stream",
            systems=systems,
            schema=schema,
            tools=tools,
        )
    )


COHORT = Cohort("applications", "products of small firms", 0.09, 20, 1500, 4, build, alone=True)
