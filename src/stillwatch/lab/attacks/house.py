"""A raid by an actor that owns things: cards and phones that it uses again in its next campaign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.lab.attacks.raid import Raid, programme, raid
from stillwatch.lab.population.specs import PAYMENT_KINDS, Crowd
from stillwatch.lab.population.town import Town


@dataclass(frozen=True, slots=True)
class House:
    """Parameters of such a raid: `owner` of the cards and phones, and `program` whose frames and clients are used; a
    copycat uses another's. `paid` and `called` are shares of accounts with a card or a phone of the house."""

    raid: Raid
    owner: str
    program: str
    cards: int = 4
    phones: int = 3
    paid: float = 0.4
    called: float = 0.35


def house(town: Town, rng: np.random.Generator, n: int, campaign: int, *, how: House) -> Crowd:
    """n accounts of a house; what it owns is the same in each of its campaigns, the accounts are new."""
    doing = programme(town, town.rng("program", how.program), n, campaign, how=how.raid)
    crowd = raid(town, rng, n, campaign, how=how.raid, doing=doing)
    cards = np.array([town.number("card", how.owner, i) for i in range(how.cards)])
    phones = np.array([town.number("phone", how.owner, i) for i in range(how.phones)])
    rows = len(crowd.accounts)
    paid, called = rng.random(rows) < how.paid, rng.random(rows) < how.called
    accounts = crowd.accounts.having(
        card=np.where(paid, rng.choice(cards, rows), crowd.accounts["card"]),
        kind=np.where(paid, PAYMENT_KINDS.index("virtual_card"), crowd.accounts["kind"]),
        phone=np.where(called, rng.choice(phones, rows), crowd.accounts["phone"]),
    )
    return Crowd(accounts, crowd.streams)
