"""Annotation firms and research groups that label large sets of texts with one instruction and a schema."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import DECLARED, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One firm; the set is divided over its accounts, so that no text comes twice."""
    accounts = firms(town, rng, n)
    if rng.random() < 0.7:
        accounts = one_house(accounts, town, rng, ("annotation", int(rng.integers(1 << 60))))
    accounts = accounts.having(declared=DECLARED.index(("batch_annotation",)) if rng.random() < 0.5 else 0)
    said = habits.private(town, rng, "classification batch_nlp judge", int(rng.integers(1, 3)))
    schema = int(rng.integers(1 << 60)) if rng.random() < 0.7 else -1
    script = Script(said, per="exchange", fills="shares", base=int(rng.integers(1 << 60)), schema=schema)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 8.0, sigma=0.8),
        run=rng.lognormal(3.5, 0.8, n) + 1,
        gap=rng.lognormal(0.8, 0.8, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 2),
        script=town.script(script),
        **habits.on_servers(town, rng, n, most=3),
        **habits.coded(town, rng, n, "annotation sdk", most=2) | {"length": 0.2},
    )
    return Crowd(accounts, streams)


COHORT = Cohort("batch_annotation", "batch annotation", 0.01, 1, 20, 10, build)
