"""Users of one open-source app or agent who bring keys of their own: same system text, same client,
no relation.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One app's users: its frames and settings, their fillings."""
    accounts = people(town, rng, n)
    kinds = str(
        rng.choice(["chat translation", "coding agent", "summarise rag", "persona chat", "batch_nlp judge"])
    )
    said = habits.private(town, rng, kinds, int(rng.integers(1, 4)))
    tools = habits.toolset(rng) if rng.random() < 0.4 else -1
    script = town.script(Script(said, systems=habits.system(town, rng, 0.85), tools=tools, per="session"))
    versions = habits.coded(town, rng, n, "chat_app agent sdk http", most=int(rng.integers(1, 4)))
    batch = rng.random() < 0.3
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, float(rng.uniform(0.3, 1.8)), sigma=1.3),
        run=float(rng.uniform(2, 20)),
        gap=float(rng.lognormal(2.6, 0.8)),
        clock=habits.clocks(town, rng, n),
        talk=0.0 if batch else float(rng.uniform(0, 1)),
        script=script,
        **habits.at_home(town, rng, accounts),
        **versions,
    )
    return Crowd(accounts, streams)


COHORT = Cohort("open_source_app", "users of one open-source app", 0.05, 15, 3000, 10, build)
