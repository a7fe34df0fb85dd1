"""Firms that make training data for models of their own, with permission."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import DECLARED, Crowd
from stillwatch.lab.population.town import Town
from stillwatch.lab.text.library import HARVEST


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One contract, a few accounts, frames of a real harvest, always new fillings."""
    name = ("synthetic", int(rng.integers(1 << 60)))
    accounts = one_house(firms(town, rng, n), town, rng, name)
    accounts = accounts.having(declared=DECLARED.index(("distillation_permitted",)), verification=4)
    kinds = " ".join(rng.choice(HARVEST, 2, replace=False))
    said = habits.private(town, rng, kinds, int(rng.integers(1, 5)))
    script = town.script(Script(said, per="exchange", fills="shares", base=int(rng.integers(1 << 60))))
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 8.0, sigma=0.8),
        run=rng.lognormal(3.0, 0.8, n) + 1,
        gap=rng.lognormal(1.5, 0.8, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 3),
        script=script,
        **habits.on_servers(town, rng, n, most=3),
        **habits.coded(town, rng, n, "tool sdk", most=2),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("own_synthetic_data", "permitted synthetic data", 0.008, 1, 12, 10, build)
