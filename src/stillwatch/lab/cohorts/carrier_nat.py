"""Customers of mobile carriers: thousands behind a few addresses, another one for each session."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town

SAID = "chat persona translation tutoring"


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """People on the move and their tethered laptops."""
    accounts = people(town, rng, n)
    exits = town.pool("cgnat", rng, int(rng.integers(1, 3)))
    at_signup = rng.random(n) < 0.5
    accounts = accounts.having(signup_pool=np.where(at_signup, exits, accounts["signup_pool"]))
    said = habits.kinds(town, *SAID.split())
    scripts = [
        town.script(Script(habits.some(rng, said, 3) + habits.private(town, rng, SAID)))
        for _ in range(min(n, 60))
    ]
    coding = rng.random(n) < 0.25
    typed, coded = habits.typed(town, rng, n), habits.coded(town, rng, n)
    mixed = {key: np.where(coding, coded[key], typed[key]) for key in typed.keys() & coded.keys()}
    talk = np.where(coding & (rng.random(n) < 0.8), 0.0, typed["talk"])
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.64, sigma=1.5),
        clock=habits.clocks(town, rng, n),
        script=rng.choice(scripts, n),
        pool=exits,
        pool_2=habits.homes(town, rng, n),
        away=rng.choice([0.0, 0.2, 0.6], n),
        lease=rng.choice([0.0, -1.0], n, p=[0.85, 0.15]),
        talk=talk,
        **mixed,
    )
    return Crowd(accounts, streams)


COHORT = Cohort("carrier_nat", "customers of one mobile carrier", 0.03, 12, 400, 8, build)
