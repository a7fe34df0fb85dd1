"""Undeclared relays: bought accounts that resell access to ordinary customers. Coordinated, without a harvest."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.attacks.pool import pool
from stillwatch.lab.attacks.relay import ORIGINS, customers, operator
from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """All kinds of customers' requests, balanced over the pool by a router that fails over between accounts and
    often carries a conversation on through another one.
    """
    accounts, _ = pool(town, rng, n, origins=ORIGINS)
    streams = customers(town, rng, operator(town, rng, np.arange(n), int(rng.integers(1 << 20, 1 << 30))))
    return Crowd(accounts, habits.alive(town, accounts, streams, rng))


COHORT = Cohort("undeclared_relay", "undeclared relays without a harvest", 0.015, 12, 300, 6, build)
