"""What a raid costs its attacker, in dollars per harvested exchange.

The prices are our assumptions, of the size that public reports of account shops and proxy services name; they
stand in `lab/data/redteam_prices.toml`. They serve to compare raids with each other.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec

from stillwatch import lab
from stillwatch.lab.attacks.raid import Raid

MATES = 3.5  # accounts on a shared card where a raid does not say


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars: per account by origin, per account and kind of network, per exchange and client."""

    origins: tuple[float, ...]
    networks: tuple[float, ...]  # an account's month on a home held, per-session, per-request, hosting
    traffic: tuple[float, ...]  # an exchange on each of them
    answer: float
    reworded: float
    chatter: int  # exchanges of camouflage by an account that chats
    client: float
    pathway: float
    card: float = 0.0  # of an account's own, beyond what the account costs; on a shared one it is divided
    domain: float = (
        0.0  # a mailbox at a service that asks for a phone number, rather than on a throw-away domain
    )
    exit: float = 0.0  # an exit of the proxy service that nobody else has, for the window


@cache
def prices() -> Prices:
    """The prices that ship."""
    text = (resources.files(lab) / "data" / "redteam_prices.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Prices)


def cost_per_exchange(how: Raid, accounts: int, p: Prices) -> float:
    """Dollars per harvested exchange of a raid with so many accounts."""
    account = _mean(p.origins, how.origins) + _mean(p.networks, how.networks)
    account += how.camouflage * p.chatter * p.answer
    account += p.card * (1 - how.cards * (1 - 1 / (how.mates or MATES))) + p.domain * (1 - how.domains)
    proxied = sum(how.networks[1:3]) / sum(how.networks)
    fixed = how.clients * p.client + len(how.ways) * p.pathway + how.exits * proxied * p.exit
    exchange = p.answer + how.reword * p.reworded + _mean(p.traffic, how.networks)
    return exchange + (account + fixed / accounts) / how.per_account


def _mean(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
