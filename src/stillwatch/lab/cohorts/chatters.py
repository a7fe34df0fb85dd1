"""Private people who talk to a model in a browser or an app of their own."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """People at home and on the move, in growing conversations."""
    accounts = people(town, rng, n)
    talk = habits.kinds(town, "chat", "persona", "tutoring", "translation")
    scripts = [town.script(Script(habits.some(rng, talk, 6))) for _ in range(24)]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.9, sigma=1.3),
        run=rng.uniform(2, 9, n),
        gap=rng.uniform(30, 160, n),
        clock=habits.clocks(town, rng, n),
        talk=rng.choice([0.0, 0.6, 0.9, 1.0], n, p=[0.12, 0.2, 0.3, 0.38]),
        script=rng.choice(scripts, n),
        pool=accounts["signup_pool"],
        pool_2=habits.many(lambda: town.pool("mobile", rng), rng, n),
        away=rng.choice([0.0, 0.3, 0.8], n, p=[0.5, 0.35, 0.15]),
        lease=rng.choice([0.5, 1.0, 3.0, 14.0, 60.0], n),
        six=rng.choice([0.0, 0.9], n, p=[0.7, 0.3]),
        clients=habits.many(lambda: town.client("browser chat_app", rng, 3), rng, n, 60),
        changes=rng.choice([0.0, 0.3], n),
        params=habits.many(lambda: habits.settings(town, rng, stream=True, cool=0.05, limit=0.3), rng, n),
        models=habits.many(lambda: town.mix(rng, favourites=2), rng, n),
        pathways=rng.choice([habits.ways(town, console=1.0), habits.ways(town, api=1.0)], n, p=[0.75, 0.25]),
        thinking=rng.choice([0.0, 0.4, 1.0], n),
        cache=0.3,
    )
    return Crowd(accounts, streams)


COHORT = Cohort("chatters", "private people in conversation", 0.30, 40, 4000, 4, build)
