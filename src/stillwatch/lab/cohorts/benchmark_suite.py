"""Unrelated people and labs that run the same public benchmarks: fixed frame, fixed items, temperature 0."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Users of one public suite: everybody asks the same items, each a few times."""
    accounts = people(town, rng, n)
    items = int(rng.integers(40, 450))
    said = habits.some(rng, habits.kinds(town, "evaluation"), 1)
    script = town.script(
        Script(said, per="stream", fills="pool", span=items, base=int(rng.integers(1 << 60)))
    )
    rounds = rng.integers(1, 4, n)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=items * rounds,
        run=items,
        steady=True,
        gap=rng.lognormal(0.5, 0.8, n),
        clock=habits.clocks(town, rng, n),
        script=script,
        **habits.at_home(town, rng, accounts),
        **habits.coded(town, rng, n, "harness", most=3),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("benchmark_suite", "users of one public benchmark", 0.006, 3, 60, 8, build)
