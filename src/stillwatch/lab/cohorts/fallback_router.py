"""Firms whose gateway retries a refused request on another of their own accounts, and balances load over them."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """One firm's accounts behind an open-source gateway: fail-over within a second, conversations in between;
    a third of the firms declare no common organization.
    """
    accounts = firms(town, rng, n)
    if rng.random() < 0.65:
        accounts = one_house(accounts, town, rng, ("gateway", int(rng.integers(1 << 60))))
    said = habits.private(town, rng, "chat rag agent coding support_bot batch_nlp", int(rng.integers(1, 6)))
    material, pieces = habits.material(town, rng, 0.4)
    systems = habits.system(town, rng, 0.8)
    script = Script(said, systems=systems, material=material, pieces=pieces, tag=habits.tag(rng, 0.3))
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, float(rng.uniform(2, 12)), sigma=0.6),
        run=float(rng.uniform(2, 20)),
        gap=rng.lognormal(2.2, 0.7, n),
        clock=town.clocks.machine(rng, swing=float(rng.uniform(0, 0.9))),
        even=bool(rng.random() < 0.5),
        talk=float(rng.choice([0.0, 0.4, 0.9])),
        script=town.script(script),
        router=int(rng.integers(1 << 20, 1 << 30)),
        hands=float(rng.uniform(0.5, 1.0)),
        passes=float(rng.choice([0.0, 0.3, 0.8])),
        users=int(rng.choice([0, 1, 200])),
        **habits.on_servers(town, rng, n, most=2),
        **habits.coded(town, rng, n, most=1)
        | {"limited": float(rng.choice([0.005, 0.02, 0.05])), "insists": 0.95},
    )
    return Crowd(accounts, streams)


COHORT = Cohort("fallback_router", "firms that fail over between their own accounts", 0.01, 2, 20, 10, build)
