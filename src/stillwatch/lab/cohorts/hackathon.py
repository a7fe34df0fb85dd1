"""Hackathons: a weekend, one hall, teams that build different things with the same starter kit."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people, signed_up
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Accounts opened on the first evening, credits from the sponsor, load all night."""
    day = float(rng.uniform(0.05, 0.8)) * town.hours / 24
    accounts = signed_up(people(town, rng, n), rng, float(town.at(day * 24)), 5.0)
    hall = town.host("office", rng, 2)
    accounts = accounts.having(signup_pool=hall, program=4 if rng.random() < 0.7 else 3, plan=0)
    kit = habits.system(town, rng)
    said = habits.kinds(town, "coding", "chat", "agent")
    teams = [
        town.script(
            Script(habits.private(town, rng, "agent chat rag", 2) + habits.some(rng, said, 2), systems=kit)
        )
        for _ in range(max(1, n // 4))
    ]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 1.2, sigma=0.9),
        run=rng.uniform(2, 12, n),
        clock=town.clocks.event(rng, at=day * 24 / town.hours, decay=18.0, awake=False),
        talk=rng.choice([0.0, 0.5], n),
        script=rng.choice(teams, n),
        **habits.behind(hall, n),
        **habits.coded(town, rng, n, "sdk agent http", most=8),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("hackathon", "hackathons", 0.01, 12, 150, 6, build)
