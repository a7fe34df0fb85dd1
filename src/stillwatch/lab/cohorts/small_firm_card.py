"""Small firms that declare nothing: a handful of accounts, one card, one office,
one data set to work through.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people, signed_up
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Colleagues who each opened an account and share a frame, a script and the work."""
    accounts = people(town, rng, n)
    if rng.random() < 0.5:
        accounts = signed_up(
            accounts, rng, float(town.at(rng.uniform(-20, 0.6 * town.hours / 24) * 24)), 30.0
        )
    accounts = accounts.having(
        card=int(rng.integers(1 << 60)),
        kind=int(rng.choice([0, 1])),
        domain=town.domain(f"firm{rng.integers(1 << 40):x}.example"),
    )
    said = habits.private(
        town, rng, "classification summarise coding batch_nlp translation agent", int(rng.integers(1, 4))
    )
    script = town.script(Script(said, per="exchange", fills="shares", base=int(rng.integers(1 << 60))))
    office = town.host("office", rng)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 2.8, sigma=1.0),
        run=rng.uniform(3, 30, n),
        gap=rng.lognormal(2.0, 0.8, n),
        clock=town.clocks.people(rng, office=0.9),
        script=script,
        pool=office,
        pool_2=habits.homes(town, rng, n),
        away=rng.uniform(0, 0.5, n),
        lease=60.0,
        **habits.coded(town, rng, n, "sdk http", most=2),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("small_firm_card", "small firms that declare nothing", 0.012, 2, 15, 10, build)
