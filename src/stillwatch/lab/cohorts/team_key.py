"""Teams that share one account and its key: many people, places and clients behind one name."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.residents import firms
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import STREAM, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Each account is used by three to twelve colleagues, each with habits of their own."""
    accounts = firms(town, rng, n).having(plan=3)
    owner = np.repeat(np.arange(n), rng.integers(3, 13, n))
    m = len(owner)
    said = habits.kinds(town, "coding", "chat", "summarise", "translation")
    scripts = [
        town.script(Script(habits.some(rng, said, 3) + habits.private(town, rng, "coding")))
        for _ in range(min(m, 40))
    ]
    seats = accounts.take(owner).having(signup_pool=habits.homes(town, rng, m))
    streams = Frame.make(
        STREAM,
        m,
        account=owner,
        requests=habits.amount(town, rng, m, 0.48, sigma=1.0),
        clock=habits.clocks(town, rng, m, office=0.9),
        script=rng.choice(scripts, m),
        **habits.at_home(town, rng, seats),
        **habits.typed(town, rng, m, "chat_app sdk") | {"pathways": habits.ways(town, api=1.0), "keys": 1},
    )
    return Crowd(accounts, habits.alive(town, accounts, streams, rng))


COHORT = Cohort("team_key", "keys shared by a team", 0.012, 2, 30, 8, build, alone=True)
