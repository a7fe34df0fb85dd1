"""Corporate fleets: hundreds of seats of one firm behind one exit, on one card or invoice."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Seats of one organization, rolled out in a day, some subsidiaries, one internal assistant."""
    name = ("fleet", int(rng.integers(1 << 60)))
    accounts = one_house(firms(town, rng, n), town, rng, name)
    daughters = rng.random() < 0.3
    accounts = accounts.having(
        parent=town.number("org", name) if daughters else -1,
        org=town.number("org", name) + rng.integers(1, 5, n) * daughters,
    )
    exit_pool = town.pool("office", rng, int(rng.integers(1, 3)))
    said = habits.private(town, rng, "support_bot rag chat coding", 2) + habits.kinds(
        town, "chat", "coding", "summarise"
    )
    script = town.script(Script(said, systems=habits.system(town, rng, 0.8)))
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.8, sigma=1.1),
        clock=town.clocks.people(rng, office=0.9),
        script=script,
        users=int(rng.choice([0, 1])),
        **habits.behind(exit_pool, n),
        **habits.typed(town, rng, n, "chat_app browser sdk")
        | {"clients": town.client("chat_app browser sdk", rng, 2)},
    )
    return Crowd(accounts, streams)


COHORT = Cohort("corporate_fleet", "corporate fleets", 0.025, 12, 600, 8, build)
