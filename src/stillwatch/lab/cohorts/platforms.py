"""Platforms with customers of their own: hundreds to thousands of requests a day from one account,
day and night.
"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits, residents
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.residents import firms, people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import PAYMENT_KINDS, STREAM, Crowd
from stillwatch.lab.population.town import Town

SAID = "judge judge judge evaluation batch_nlp rag classification translation summarise assignment"


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Unrelated platforms: vendors of evaluations, translation, moderation; many behind rotating exits."""
    firm, person = firms(town, rng, n), people(town, rng, n)
    private = rng.random(n) < 0.4
    accounts = Frame(firm.spec, {k: np.where(private, person[k], firm[k]) for k in firm.columns})
    young = residents.created(town, rng, n, days=60.0)
    accounts = accounts.having(created=np.where(rng.random(n) < 0.6, young, accounts["created"]))
    virtual = np.where(rng.random(n) < 0.2, PAYMENT_KINDS.index("virtual_card"), accounts["kind"])
    accounts = accounts.having(
        kind=virtual, issuer=residents.issuers(rng, virtual), neighbour=residents.neighbours(rng, virtual)
    )
    server = habits.on_servers(town, rng, n, most=n)
    exits = habits.many(lambda: town.pool("residential", rng, 200), rng, n, 12)
    rotating = rng.random(n) < 0.5
    network = {
        "pool": np.where(rotating, exits, server["pool"]),
        "pool_2": exits,
        "away": rng.choice([0.0, 0.15], n),
        "lease": np.where(rotating, rng.choice([0.0, -1.0, 0.5, 3.0], n), server["lease"]),
    }
    always = habits.many(lambda: town.clocks.machine(rng), rng, n)
    total = habits.amount(town, rng, n, 700.0, sigma=0.5)
    coded = habits.coded(town, rng, n, "sdk http tool", most=n)
    exact = habits.many(lambda: habits.settings(town, rng, cool=0.8), rng, n)
    coded["params"] = np.where(rng.random(n) < 0.4, exact, coded["params"])
    other = habits.coded(town, rng, n, "sdk http tool", most=n)
    same = rng.random(n) < 0.5
    second = coded | {key: np.where(same, coded[key], other[key]) for key in ("clients", "params", "models")}
    main = np.array([_product(town, rng) for _ in range(n)])
    extra = np.array([_product(town, rng) for _ in range(n)])
    alone = rng.random(n) < 0.65
    users = rng.choice([0, 1, 200], n, p=[0.6, 0.15, 0.25])
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
            talk=rng.choice([0.0, 0.4], n, p=[0.85, 0.15]),
            since=np.where(rng.random(n) < 0.35, rng.uniform(0, 0.3, n), 0.0) * town.hours,
            until=np.where(rng.random(n) < 0.3, rng.uniform(0.85, 1.0, n), 1.0) * town.hours,
            script=np.where(alone, main, side),
            users=users,
            even=rng.random(n) < 0.4,
            **network,
            **how,
        )
        for share, how, side in ((0.72, coded, main), (0.28, second, extra))
    ]
    return Crowd(accounts, Frame.stack(STREAM, parts))


def _product(town: Town, rng: np.random.Generator) -> int:
    said = habits.private(town, rng, SAID, int(rng.choice([1, 1, 2, 3, 4])))
    material, pieces = habits.material(town, rng, 0.3)
    return town.script(
        Script(
            said,
            material=material,
            pieces=pieces,
            tag=habits.tag(rng, 0.2),
            per="exchange",
            fills="shares",
            base=int(rng.integers(1 << 61)),
            repeats=int(rng.choice([1, 2, 3], p=[0.65, 0.2, 0.15])),  # several votes on each item
            systems=habits.system(town, rng, 0.6),
        )
    )


COHORT = Cohort("platforms", "platforms with customers of their own", 0.0002, 1, 60, 6, build, alone=True)
