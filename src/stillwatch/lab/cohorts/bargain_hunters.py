"""People who bought an account from a merchant because it was cheap: prepared in lots, otherwise unrelated."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.attacks.pool import pool
from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """The customers of one merchant: each does as he likes, from home, in the hours of his own."""
    accounts, _ = pool(town, rng, n, origins=(0.4, 0.2, 0.2, 0.15, 0.05))
    coding = rng.random(n) < 0.4
    said = habits.kinds(town, "chat", "coding", "translation", "tutoring", "summarise")
    scripts = [
        town.script(
            Script(habits.some(rng, said, 3) + habits.private(town, rng, "chat coding batch_nlp agent"))
        )
        for _ in range(n)
    ]
    typed, coded = habits.typed(town, rng, n), habits.coded(town, rng, n)
    mixed = {key: np.where(coding, coded[key], typed[key]) for key in sorted(typed.keys() & coded.keys())}
    home = habits.at_home(town, rng, accounts)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.8, sigma=1.4),
        since=rng.uniform(0, 0.5, n) * town.hours,
        clock=habits.clocks(town, rng, n),
        script=scripts,
        talk=np.where(coding, 0.0, typed["talk"]),
        **home | {"pool": habits.homes(town, rng, n)},
        **mixed,
    )
    return Crowd(accounts, streams)


COHORT = Cohort("bargain_hunters", "buyers of cheap accounts", 0.01, 12, 120, 6, build)
