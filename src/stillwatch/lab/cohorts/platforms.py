"""Platforms with customers of their own: hundreds to thousands of requests a day from one account, day and night."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.residents import firms, people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import STREAM, Crowd
from stillwatch.lab.population.town import Town

SAID = "judge evaluation batch_nlp rag coding agent translation classification support_bot"


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Unrelated platforms: vendors of evaluations, translation, moderation; many behind rotating exits."""
    firm, person = firms(town, rng, n), people(town, rng, n)
    private = rng.random(n) < 0.4
    accounts = Frame(firm.spec, {k: np.where(private, person[k], firm[k]) for k in firm.columns})
    server = habits.on_servers(town, rng, n, most=n)
    exits = habits.many(lambda: town.pool("residential", rng, 200), rng, n, 12)
    rotating = rng.random(n) < 0.5
    network = {
        "pool": np.where(rotating, exits, server["pool"]),
        "lease": np.where(rotating, rng.choice([0.0, -1.0, 0.5, 3.0], n), server["lease"]),
    }
    always = habits.many(lambda: town.clocks.machine(rng, swing=float(rng.uniform(0.1, 0.9))), rng, n)
    total = habits.amount(town, rng, n, 620.0, sigma=0.5)
    parts = [
        habits.streams(
            town,
            accounts,
            rng,
            requests=np.maximum((total * share).astype(np.int64), 1),
            run=rng.lognormal(2.5, 1.0, n) + 1,
            gap=rng.lognormal(1.8, 0.8, n),
            spread=rng.uniform(0.4, 1.2, n),
            clock=np.where(rng.random(n) < 0.6, always, habits.clocks(town, rng, n)),
            talk=rng.choice([0.0, 0.4], n, p=[0.75, 0.25]),
            script=[_product(town, rng) for _ in range(n)],
            users=rng.choice([0, 1, 200], n),
            **network,
            **habits.coded(town, rng, n, "sdk http tool", most=n),
        )
        for share in (0.72, 0.28)
    ]
    return Crowd(accounts, Frame.stack(STREAM, parts))


def _product(town: Town, rng: np.random.Generator) -> int:
    said = habits.private(town, rng, SAID, int(rng.integers(1, 5)))
    return town.script(Script(said, per="exchange", systems=habits.system(town, rng, 0.6)))


COHORT = Cohort("platforms", "platforms with customers of their own", 0.0006, 1, 60, 6, build)
