"""Tourists: in one place for a week, on hotel and mobile networks, asking for the same kind of things."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Guests of one place in holiday season: old accounts, new addresses, translation and chat."""
    accounts = people(town, rng, n)
    hotel = town.host("office", rng, 2)
    start = rng.uniform(0, 0.7, n) * town.hours
    script = town.script(Script(habits.kinds(town, "translation", "chat", "persona")))
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.32, sigma=0.9),
        since=start,
        until=start + rng.uniform(48, 240, n),
        clock=habits.clocks(town, rng, n, office=0.0),
        script=script,
        pool=hotel,
        pool_2=town.pool("mobile", rng, 2),
        away=rng.uniform(0.2, 0.8, n),
        lease=0.0,
        **habits.typed(town, rng, n),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("holiday_tourists", "holiday tourists", 0.02, 12, 120, 8, build)
