"""Firms that run their test set every night and grade the answers."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import DECLARED, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One firm's teams: the same items every night, then a judge over the answers."""
    name = ("harness", int(rng.integers(1 << 60)))
    accounts = one_house(firms(town, rng, n), town, rng, name)
    accounts = accounts.having(declared=DECLARED.index(("evaluation",)) if rng.random() < 0.5 else 0)
    items = int(rng.integers(25, 220))
    said = habits.private(town, rng, "evaluation", int(rng.integers(1, 4))) + habits.private(
        town, rng, "judge"
    )
    script = Script(said, per="exchange", fills="pool", span=items, base=int(rng.integers(1 << 60)))
    nights = town.hours // 24
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=items * nights * rng.uniform(0.06, 0.25),
        run=items,
        steady=True,
        gap=rng.uniform(0.3, 4.0),
        snap=rng.choice([0.0, 30.0, 300.0]),
        clock=town.clocks.nightly(rng),
        script=town.script(script),
        **habits.on_servers(town, rng, n, most=2),
        **habits.coded(town, rng, n, "harness sdk", most=1),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("evaluation_harness", "nightly evaluation", 0.012, 1, 8, 10, build)
