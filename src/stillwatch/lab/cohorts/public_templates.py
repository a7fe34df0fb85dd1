"""Unrelated people who use public prompt templates, among them those of distillation tools,
on data of their own.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town
from stillwatch.lab.text.library import HARVEST


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Students, hobbyists and small labs with a public tool and some hundred rows."""
    accounts = people(town, rng, n)
    public = habits.kinds(town, *HARVEST)
    scripts = [
        town.script(Script(habits.some(rng, public, int(rng.integers(1, 4))), per="exchange"))
        for _ in range(40)
    ]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 2.0, sigma=1.4),
        run=rng.lognormal(1.8, 0.9, n) + 1,
        gap=rng.lognormal(2.2, 0.9, n),
        clock=habits.clocks(town, rng, n),
        since=rng.uniform(0, 0.6, n) * town.hours,
        script=rng.choice(scripts, n),
        **habits.at_home(town, rng, accounts),
        **habits.coded(town, rng, n, "tool sdk http"),
    )
    return Crowd(accounts, streams)


COHORT = Cohort(
    "public_templates", "unrelated users of public templates", 0.025, 12, 300, 6, build, alone=True
)
