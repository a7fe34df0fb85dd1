"""One campaign at seven levels of evasion, with what each level costs the attacker for each exchange.

Level 0 evades nothing, 1 to 5 add one measure each, 6 has all of them. `ladder` holds the seven campaigns at
once, `ladder-0` to `ladder-6` one each. All harvest the same number of exchanges at scale 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.population.scenario import Campaign, Scenario

HARVEST = 36_000  # exchanges of each campaign at scale 1, before retries
LEVELS = (
    "none",
    "address rotation",
    "client diversity",
    "paraphrase",
    "jitter and diurnal mimicry",
    "camouflage traffic",
    "all",
)

# Assumed prices in dollars, orders of magnitude of public offers; change them here to draw another curve.
ACCOUNT = 4.0  # a verified account with a working card
PROXY_GIGABYTE = 4.0  # residential, rotating
SERVER_GIGABYTE = 0.05
EXCHANGE_BYTES = 24_000  # request, answer, headers and handshake
PARAPHRASE = 0.0004  # some 900 tokens of a small model
REQUEST = 0.006  # at the provider's prices: 500 tokens in, 300 out
PROFILE = 1.5  # a client profile kept up to date, for each account
SLOWDOWN = 2.0  # accounts needed for the same harvest at a person's hours

_PLAIN = Raid(
    kinds=("solutions", "reasoning", "generation"),
    variants=4,
    frames=3,
    per_account=60,
    clients=8,
    vectors=8,
    networks=(0.0, 0.0, 0.0, 1.0),
    camouflage=0.0,
)
_ROTATED = (0.45, 0.35, 0.2, 0.0)
_DIVERSE, _REWORDED, _CAMOUFLAGE = 48, 0.6, 0.9
HIDING = MappingProxyType({5: 0.25, 6: 0.4})  # camouflage requests for each harvested one, as simulated


def _how(level: int) -> Raid:
    """The campaign with the measures of a level."""

    def has(measure: int) -> bool:
        return level in (measure, 6)

    accounts = SLOWDOWN if has(4) else 1.0
    return replace(
        _PLAIN,
        networks=_ROTATED if has(1) else _PLAIN.networks,
        clients=_DIVERSE if has(2) else _PLAIN.clients,
        vectors=_DIVERSE if has(2) else _PLAIN.vectors,
        cell=5 if has(2) else _PLAIN.cell,
        reword=_REWORDED if has(3) else 0.0,
        human=has(4),
        per_account=_PLAIN.per_account / accounts,
        run=2.0 if has(4) else _PLAIN.run,
        gap=90.0 if has(4) else _PLAIN.gap,
        camouflage=_CAMOUFLAGE if has(5) else 0.0,
    )


def _costs(level: int) -> Mapping[str, float]:
    """Dollars for each harvested exchange, by what they are spent on."""
    how = _how(level)
    rotated, diverse, reworded = (level in (measure, 6) for measure in (1, 2, 3))
    hiding = HIDING.get(level, 0.0)
    gigabyte = PROXY_GIGABYTE if rotated else SERVER_GIGABYTE
    return MappingProxyType(
        {
            "answers": REQUEST,
            "accounts": ACCOUNT / how.per_account,
            "network": gigabyte * EXCHANGE_BYTES * (1 + hiding) / 1e9,
            "clients": PROFILE / how.per_account if diverse else 0.0,
            "paraphrase": PARAPHRASE if reworded else 0.0,
            "camouflage": REQUEST * hiding,
        }
    )


def _campaign(level: int) -> Campaign:
    how = _how(level)
    return Campaign(
        f"level-{level}",
        f"actor-ladder-{level}",
        round(HARVEST / how.per_account),
        partial(raid, how=how),
        level=level,
        costs=_costs(level),
    )


SCENARIO = Scenario(
    name="ladder",
    title="One campaign at evasion levels 0 to 6: " + ", ".join(LEVELS),
    days=14,
    accounts=60_000,
    campaigns=tuple(_campaign(level) for level in range(len(LEVELS))),
    apart=True,
)
