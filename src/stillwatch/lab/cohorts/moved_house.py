"""Firms that move to new accounts: the old ones are closed or suspended, the same work goes on elsewhere in hours."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import firms, one_house
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import STATUSES, Crowd
from stillwatch.lab.population.town import DAY_US, Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """Pairs of an old and a new account: a merger, another billing, a suspension for an unpaid bill."""
    half = n // 2
    accounts = firms(town, rng, n)
    if rng.random() < 0.6:
        accounts = one_house(accounts, town, rng, ("moved", int(rng.integers(1 << 60))))
    old = np.arange(n) < half
    day = float(rng.uniform(0.3, 0.85)) * town.hours / 24
    ends = day * 24 + rng.exponential(4.0, n)
    status = STATUSES.index(str(rng.choice(["suspended", "closed", "banned"], p=[0.4, 0.4, 0.2])))
    opened = town.start + ((day - rng.exponential(1.0, n)) * DAY_US).astype(np.int64)
    accounts = accounts.having(
        status=np.where(old, status, accounts["status"]),
        ends=np.where(old, ends, accounts["ends"]),
        created=np.where(old, np.minimum(accounts["created"], opened - 20 * DAY_US), opened),
    )
    said = habits.private(
        town, rng, "rag classification support_bot batch_nlp coding", int(rng.integers(1, 5))
    )
    script = Script(
        said, fills="shares", base=int(rng.integers(1 << 60)), systems=habits.system(town, rng, 0.6)
    )
    network = habits.on_servers(town, rng, n, most=2)
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, float(rng.uniform(2, 8)), sigma=0.8),
        run=float(rng.uniform(2, 20)),
        gap=rng.lognormal(2.2, 0.7, n),
        clock=town.clocks.machine(rng, swing=float(rng.uniform(0, 0.9))),
        since=np.where(old, 0.0, ends + rng.exponential(6.0, n)),
        script=town.script(script),
        router=int(rng.integers(1 << 20, 1 << 30)),
        hands=0.0,
        **network,
        **habits.coded(town, rng, n, most=1),
    )
    return Crowd(accounts, streams)


COHORT = Cohort("moved_house", "firms that move to new accounts", 0.006, 2, 16, 8, build)
