"""Families: two to six people, one card, one home, nothing declared."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One household: homework, recipes, a parent who programs."""
    accounts = people(town, rng, n)
    home = town.host("residential", rng)
    accounts = accounts.having(
        card=int(rng.integers(1 << 60)), kind=0, signup_pool=home, program=0, issuer=int(rng.integers(1, 400))
    )
    said = habits.kinds(town, "chat", "tutoring", "translation", "coding")
    scripts = [town.script(Script(habits.some(rng, said, 3))) for _ in range(n)]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.48, sigma=1.2),
        clock=habits.clocks(town, rng, n),
        script=scripts,
        pool=home,
        pool_2=town.pool("mobile", rng),
        away=rng.uniform(0, 0.4, n),
        lease=60.0,
        **habits.typed(town, rng, n),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("family_card", "families on one card", 0.012, 2, 6, 12, build)
