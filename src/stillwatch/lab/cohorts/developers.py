"""Developers who try things out: short scripts, loops, notebooks, a bit of everything."""

from __future__ import annotations

from typing import Literal

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town

SAID = "coding chat summarise classification batch_nlp translation rag support_bot"


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Mostly stateless calls from a laptop, some from a rented server,
    with a few frames of their own each.
    """
    accounts = people(town, rng, n)
    home, server = habits.at_home(town, rng, accounts), habits.on_servers(town, rng, n)
    rented = rng.random(n) < 0.2
    network = home | {key: np.where(rented, server[key], home[key]) for key in server}
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.58, sigma=1.5),
        run=rng.lognormal(1.6, 0.9, n) + 1,
        gap=rng.lognormal(2.5, 1.2, n),
        spread=rng.uniform(0.3, 1.4, n),
        clock=habits.clocks(town, rng, n),
        talk=rng.choice([0.0, 0.3, 0.8], n, p=[0.65, 0.25, 0.1]),
        script=[_experiments(town, rng) for _ in range(n)],
        users=rng.choice([0, 1], n, p=[0.85, 0.15]),
        **network,
        **habits.coded(town, rng, n, most=100),
    )
    return Crowd(accounts, streams)


def _experiments(town: Town, rng: np.random.Generator) -> int:
    """A script of one to six frames, public ones and the developer's own."""
    own = habits.private(town, rng, SAID, int(rng.integers(1, 4)))
    public = habits.some(rng, habits.kinds(town, *SAID.split()), int(rng.integers(0, 4)))
    per: Literal["exchange", "session"] = "exchange" if rng.random() < 0.5 else "session"
    tools = habits.toolset(rng) if rng.random() < 0.1 else -1
    material, pieces = habits.material(town, rng, 0.15)
    return town.script(
        Script(
            own + public,
            material=material,
            pieces=pieces,
            tag=habits.tag(rng, 0.06),
            per=per,
            systems=habits.system(town, rng, 0.4),
            tools=tools,
        )
    )


COHORT = Cohort("developers", "developers trying things out", 0.14, 40, 4000, 4, build, alone=True)
