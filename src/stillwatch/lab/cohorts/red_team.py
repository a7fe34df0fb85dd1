"""Red teams with permission: provocative requests, few accounts, many models."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import DECLARED, PROGRAMS, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """A research firm asks for reasoning and for rewritten sensitive questions, to see what it gets."""
    accounts = one_house(firms(town, rng, n), town, rng, ("red", int(rng.integers(1 << 60))))
    accounts = accounts.having(
        declared=DECLARED.index(("red_team",)), program=PROGRAMS.index("security_research")
    )
    said = habits.private(town, rng, "sensitive reasoning judge", int(rng.integers(2, 6)))
    script = town.script(
        Script(said, per="exchange", fills="pool", span=int(rng.integers(80, 900)), reword=0.4)
    )
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 4.8, sigma=0.9),
        run=rng.uniform(5, 60, n),
        gap=rng.lognormal(1.6, 0.7, n),
        clock=habits.clocks(town, rng, n, office=0.9),
        script=script,
        pool=habits.many(lambda: town.pool("vpn", rng, 3), rng, n, 3),
        lease=0.0,
        **habits.coded(town, rng, n, "sdk http harness", most=3),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("red_team", "red teams with permission", 0.004, 1, 8, 8, build)
