"""Online courses: strangers all over the world who do the same exercises from the same notebook."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people, signed_up
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """A course starts, accounts follow within a week; the exercises are few and repeat,
    the last one is free.
    """
    day = float(rng.uniform(-5, 0.6 * town.hours / 24))
    accounts = signed_up(people(town, rng, n), rng, float(town.at(day * 24)), float(rng.uniform(20, 160)))
    said = habits.private(town, rng, "coding batch_nlp judge evaluation agent", int(rng.integers(2, 6)))
    script = Script(
        said, fills="pool", span=int(rng.integers(4, 40)), base=int(rng.integers(1 << 60)), reword=0.05
    )
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.8, sigma=1.0),
        run=rng.uniform(3, 12, n),
        gap=rng.uniform(4, 60, n),
        clock=habits.clocks(town, rng, n, office=0.3),
        script=town.script(script),
        **habits.at_home(town, rng, accounts),
        **habits.coded(town, rng, n, "sdk", most=2),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("online_course", "online courses", 0.02, 15, 400, 8, build)
