"""Firms that run their whole archive through a model once, to index it."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """A few days of one frame over always new passages, at full speed, from a firm's servers."""
    accounts = one_house(firms(town, rng, n), town, rng, ("archive", int(rng.integers(1 << 60))))
    said = habits.private(town, rng, "summarise rag batch_nlp")
    material, pieces = habits.material(town, rng, 0.7)
    script = town.script(
        Script(said, material=material, pieces=pieces, fills="shares", base=int(rng.integers(1 << 60)))
    )
    start = float(rng.uniform(0, 0.8)) * town.hours
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 10.0, sigma=0.7),
        run=200,
        gap=rng.lognormal(0.8, 0.5),
        spread=0.4,
        since=start,
        until=start + float(rng.uniform(20, 120)),
        clock=town.clocks.machine(rng),
        script=script,
        **habits.on_servers(town, rng, n, most=2),
        **habits.coded(town, rng, n, "rag sdk", most=1) | {"length": 0.4},
    )
    return Crowd(accounts, streams)


COHORT = Cohort("rag_backfill", "archives indexed once", 0.006, 1, 6, 10, build)
