"""Coding agents, at desks and in continuous integration: tools, long conversations,
one public system text.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import AGENT, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Unrelated developers with one agent; a part of them let it run on hosted runners at each push."""
    accounts = firms(town, rng, n)
    said = habits.private(town, rng, "agent coding", 2)
    tools = habits.toolset(rng)
    material, pieces = habits.material(town, rng, 0.8)
    script = town.script(
        Script(
            said, material=material, pieces=pieces, systems=habits.system(town, rng), tools=tools, follow=said
        )
    )
    runner = rng.random(n) < 0.4
    home = habits.at_home(town, rng, accounts)
    runners = town.pool("hosting", rng, int(rng.integers(2, 16)))
    network = home | {
        "pool": np.where(runner, runners, home["pool"]),
        "away": np.where(runner, 0.0, home["away"]),
        "lease": np.where(runner, 0.0, home["lease"]),
    }
    coded = habits.coded(town, rng, n, "agent", most=3) | {
        "thinking": rng.choice([0.0, 1.0], n),
        "cache": np.full(n, 0.9),
        "manner": np.full(n, AGENT),
    }
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 2.6, sigma=1.2),
        run=rng.uniform(6, 25, n),
        gap=rng.lognormal(2.3, 0.5, n),
        snap=np.where(runner & (rng.random(n) < 0.3), 20.0, 0.0),
        clock=habits.clocks(town, rng, n, office=0.9),
        talk=rng.choice([0.7, 1.0], n),
        script=script,
        **network,
        **coded,
    )
    return Crowd(accounts, streams)


COHORT = Cohort("coding_agents", "coding agents and CI", 0.03, 8, 400, 8, build)
