"""People who run a data set of their own through a model: stateless, always new fillings,
all answers kept.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.residents import firms, people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town

SAID = "batch_nlp classification summarise rag judge translation agent coding evaluation"


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One account, one script, one data set; many through rotating exits to get round rate limits."""
    person, firm = people(town, rng, n), firms(town, rng, n)
    business = rng.random(n) < 0.4
    accounts = Frame(person.spec, {k: np.where(business, firm[k], person[k]) for k in person.columns})
    home, server = habits.at_home(town, rng, accounts), habits.on_servers(town, rng, n)
    way = rng.choice(3, n, p=[0.45, 0.3, 0.25])
    network = home | {key: np.where(way == 1, server[key], home[key]) for key in server}
    exits = habits.many(lambda: town.pool("residential", rng, 150), rng, n, 12)
    network["pool"] = np.where(way == 2, exits, network["pool"])
    network["lease"] = np.where(way == 2, rng.choice([0.0, 0.0, -1.0], n), network["lease"])
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 3.0, sigma=1.5),
        run=rng.lognormal(2.0, 1.0, n) + 1,
        gap=rng.lognormal(2.2, 0.9, n),
        spread=rng.uniform(0.2, 1.2, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 30),
        since=rng.uniform(0, 0.4, n) * town.hours,
        even=rng.random(n) < 0.3,
        script=[_job(town, rng) for _ in range(n)],
        **network,
        **habits.coded(town, rng, n, "sdk http tool annotation", most=100),
    )
    return Crowd(accounts, streams)


def _job(town: Town, rng: np.random.Generator) -> int:
    said = habits.private(town, rng, SAID, int(rng.integers(1, 4)))
    per: Literal["exchange", "session"] = "exchange" if rng.random() < 0.5 else "session"
    material, pieces = habits.material(town, rng, 0.4)
    return town.script(
        Script(
            said,
            material=material,
            pieces=pieces,
            tag=habits.tag(rng, 0.12),
            per=per,
            systems=habits.system(town, rng, 0.5),
        )
    )


COHORT = Cohort("data_pipelines", "own data run through a model", 0.055, 20, 1000, 6, build, alone=True)
