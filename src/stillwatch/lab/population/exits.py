"""Unrelated people who leave by the same few addresses: of a carrier, a VPN, a privacy relay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town


@dataclass(frozen=True, slots=True)
class Exits:
    """Exits of one kind of network and who uses them; called with a group's size it makes the group."""

    kind: str
    blocks: tuple[int, int]  # of addresses, at least and below
    said: str
    coding: float  # share of programs among the users
    restless: float  # share of users with another address for each request

    def __call__(self, town: Town, rng: np.random.Generator, n: int) -> Crowd:
        """n people and their scripts behind the same exits, half of them from sign-up on."""
        accounts = people(town, rng, n)
        exits = town.pool(self.kind, rng, int(rng.integers(*self.blocks)))
        at_signup = rng.random(n) < 0.5
        accounts = accounts.having(signup_pool=np.where(at_signup, exits, accounts["signup_pool"]))
        said = habits.kinds(town, *self.said.split())
        scripts = [
            town.script(Script(habits.some(rng, said, 3) + habits.private(town, rng, self.said)))
            for _ in range(min(n, 60))
        ]
        coding = rng.random(n) < self.coding
        typed, coded = habits.typed(town, rng, n), habits.coded(town, rng, n)
        mixed = {key: np.where(coding, coded[key], typed[key]) for key in sorted(typed.keys() & coded.keys())}
        streams = habits.streams(
            town,
            accounts,
            rng,
            requests=habits.amount(town, rng, n, 0.64, sigma=1.5),
            clock=habits.clocks(town, rng, n),
            script=rng.choice(scripts, n),
            pool=exits,
            pool_2=habits.homes(town, rng, n),
            away=rng.choice([0.0, 0.2, 0.6], n),
            lease=rng.choice([0.0, -1.0], n, p=[1 - self.restless, self.restless]),
            talk=np.where(coding & (rng.random(n) < 0.8), 0.0, typed["talk"]),
            **mixed,
        )
        return Crowd(accounts, streams)
