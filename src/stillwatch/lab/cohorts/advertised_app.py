"""People who sign up together after an advertisement for one app, and leave again."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people, signed_up
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Sign-ups within a day, free trials, virtual cards, one client, one system text."""
    day = float(rng.uniform(-3, 0.8 * town.hours / 24))
    accounts = signed_up(people(town, rng, n), rng, float(town.at(day * 24)), float(rng.uniform(3, 60)))
    trial = rng.random(n) < 0.6
    accounts = accounts.having(program=np.where(trial, 4, accounts["program"]))
    said = habits.private(town, rng, "persona chat translation summarise", int(rng.integers(1, 4)))
    script = town.script(Script(said, systems=habits.system(town, rng)))
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, float(rng.uniform(0.2, 0.9)), sigma=1.1),
        clock=town.clocks.event(
            rng, at=float(np.clip(day * 24 / town.hours, 0, 0.9)), decay=float(rng.uniform(12, 200))
        ),
        script=script,
        **habits.at_home(town, rng, accounts),
        **habits.typed(town, rng, n, "chat_app sdk http")
        | {"clients": town.client("chat_app sdk http", rng, 2)},
    )
    return Crowd(accounts, streams)


COHORT = Cohort("advertised_app", "app users after an advertisement", 0.025, 15, 800, 8, build)
