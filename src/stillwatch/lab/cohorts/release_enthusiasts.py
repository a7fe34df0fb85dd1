"""Enthusiasts who try a new model as soon as it is out."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Their own projects until the release, then half or all of them on the new model within a day."""
    accounts = people(town, rng, n)
    new, hour = town.newest()
    said = habits.kinds(town, "coding", "chat", "evaluation", "judge")
    scripts = [
        town.script(
            Script(
                habits.some(rng, said, 3) + habits.private(town, rng, "coding judge agent", 2), per="exchange"
            )
        )
        for _ in range(min(n, 60))
    ]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 1.6, sigma=1.2),
        run=rng.uniform(2, 15, n),
        gap=rng.lognormal(2.5, 0.8, n),
        clock=habits.clocks(town, rng, n),
        talk=rng.choice([0.0, 0.6], n, p=[0.7, 0.3]),
        script=rng.choice(scripts, n),
        turns_to=town.mixes.add([new]),
        turns_at=hour + rng.exponential(8.0, n),
        turns_share=rng.uniform(0.3, 1.0, n),
        **habits.at_home(town, rng, accounts),
        **habits.coded(town, rng, n, "sdk chat_app http", most=60),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("release_enthusiasts", "release-day enthusiasts", 0.03, 12, 300, 6, build)
