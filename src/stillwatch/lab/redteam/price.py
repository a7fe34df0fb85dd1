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


@cache
def prices() -> Prices:
    """The prices that ship."""
    text = (resources.files(lab) / "data" / "redteam_prices.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Prices)


def cost_per_exchange(how: Raid, accounts: int, p: Prices) -> float:
    """Dollars per harvested exchange of a raid with so many accounts."""
    account = _mean(p.origins, how.origins) + _mean(p.networks, how.networks)
    account += how.camouflage * p.chatter * p.answer
    fixed = how.clients * p.client + len(how.ways) * p.pathway
    exchange = p.answer + how.reword * p.reworded + _mean(p.traffic, how.networks)
    return exchange + (account + fixed / accounts) / how.per_account


def _mean(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
