"""Private people who talk to a model in a browser or an app."""

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
    scripts = [
        town.script(Script(habits.some(rng, talk, 4), follow=habits.kinds(town, "chat"))) for _ in range(8)
    ]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.36, sigma=1.3),
        clock=habits.clocks(town, rng, n),
        script=rng.choice(scripts, n),
        **habits.at_home(town, rng, accounts),
        **habits.typed(town, rng, n),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("chatters", "private people in conversation", 0.19, 40, 4000, 4, build, alone=True)
