"""Agencies that open an account for each client and pay for all of them with one card."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Different products of different clients,
    built with the agency's own toolkit and hosted on its servers.
    """
    accounts = firms(town, rng, n).having(
        card=int(rng.integers(1 << 60)), kind=int(rng.choice([0, 1])), org=-1
    )
    kit = habits.system(town, rng)
    scripts = [
        town.script(
            Script(habits.private(town, rng, "support_bot rag chat summarise classification", 2), systems=kit)
        )
        for _ in range(n)
    ]
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 2, sigma=1.1),
        run=rng.uniform(1, 6, n),
        clock=habits.many(lambda: town.clocks.machine(rng), rng, n, 6),
        talk=rng.choice([0.0, 0.7], n),
        script=scripts,
        **habits.on_servers(town, rng, n, most=2),
        **habits.coded(town, rng, n, "sdk", most=1),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("agency_card", "agencies on one card", 0.012, 3, 40, 8, build)
