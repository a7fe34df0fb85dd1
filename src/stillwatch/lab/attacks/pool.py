"""A pool of accounts that pretend to be unrelated: fresh in bursts, fresh one by one, aged, bought,
in programmes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.residents import DISPOSABLE, firms, local_codes, people
from stillwatch.lab.population.specs import OWN, PAYMENT_KINDS
from stillwatch.lab.population.town import DAY_US, Town

BURST, SINGLE, AGED, BOUGHT, PROGRAM = range(5)
VIRTUAL, PREPAID = PAYMENT_KINDS.index("virtual_card"), PAYMENT_KINDS.index("prepaid")


@dataclass(frozen=True, slots=True)
class Lots:
    """How the accounts of a pool were prepared: what those of one lot have in common."""

    size: float = 25.0  # mean accounts of a lot; there are eight lots or more
    days: float = 0.25  # mean days from the first sign-up of a lot to one of it
    cards: float = 0.12  # share of prepared accounts that pay with a card some others pay with
    mates: int = 0  # accounts on such a card; 0 = two to five
    virtual: float = (
        0.3  # share of prepared accounts with virtual cards, from neighbouring numbers within a lot
    )
    names: float = 0.45  # share of prepared accounts with names of one shape
    domains: float = 0.28  # share of prepared accounts on a disposable domain or one of the lot's own


def pool(
    town: Town,
    rng: np.random.Generator,
    n: int,
    *,
    origins: tuple[float, ...],
    opened: tuple[float, float] | None = None,
    lots: Lots | None = None,
) -> tuple[Frame, Array]:
    """Accounts of a pool and where each comes from; `origins` are shares of BURST, SINGLE, AGED, BOUGHT,
    PROGRAM. Lots are opened between two days of the window, by default from five weeks before it until a third
    of it is over.

    Accounts were prepared in lots of some dozens by a merchant; a lot shares habits (shape of names,
    domain, cards from neighbouring ranges), different lots little.
    """
    how = lots or Lots()
    origin = rng.choice(5, n, p=np.asarray(origins) / np.sum(origins))
    lot = np.cumsum(rng.random(n) < max(1 / how.size, 8 / n))
    base = people(town, rng, n)
    shop = firms(town, rng, n)
    business = rng.random(n) < 0.25
    base = Frame(base.spec, {k: np.where(business, shop[k], base[k]) for k in base.columns})
    days = opened or (-35.0, town.hours / 24 * 0.35)
    base = base.having(
        created=_opened(town, rng, origin, lot, days, how.days), status=np.where(rng.random(n) < 0.02, 2, 0)
    )
    return _disguised(town, rng, base, origin, lot, how), origin


def _opened(
    town: Town, rng: np.random.Generator, origin: Array, lot: Array, days: tuple[float, float], within: float
) -> Array:
    """Sign-up times: a lot in hours, singles over weeks, aged and bought ones long ago."""
    n = len(origin)
    begun = rng.uniform(*days, int(lot.max()) + 1)[lot]
    burst = begun + rng.exponential(within, n)
    single = rng.uniform(days[0] - 25, days[1] + 0.05 * town.hours / 24, n)
    old = -rng.gamma(2.0, 130.0, n) - 20
    day = np.select([origin == BURST, (origin == SINGLE) | (origin == PROGRAM)], [burst, single], old)
    return town.start + (day * DAY_US).astype(np.int64) + rng.integers(HOUR_US, size=n)


def _disguised(
    town: Town, rng: np.random.Generator, base: Frame, origin: Array, lot: Array, how: Lots
) -> Frame:
    """Names, domains and cards: bought accounts keep their owner's, others follow their lot in part."""
    n, lots = len(base), int(lot.max()) + 1
    made = (origin != BOUGHT) & (rng.random(n) < np.where(origin == BURST, 0.9, 0.5))
    shape = local_codes(rng, lots)[lot]
    uniform = made & (rng.random(n) < how.names)
    throwaway = np.array([town.domain(d) for d in rng.choice(DISPOSABLE, lots)])[lot]
    catch_all = np.array([town.domain(f"{_name(rng)}.example") for _ in range(lots)])[lot]
    trick = rng.random(lots)[lot]
    domain = np.where(
        made & (trick < how.domains * 4 / 7),
        throwaway,
        np.where(made & (trick > 1 - how.domains * 3 / 7), catch_all, base["domain"]),
    )
    bank = rng.random(lots)[lot]
    kind = np.where(
        made & (bank < how.virtual), VIRTUAL, np.where(made & (bank > 0.88), PREPAID, base["kind"])
    )
    ranges = rng.integers(1 << 50, 1 << 51, lots)[lot] + rng.integers(3, size=n)
    some = int(rng.integers(2, 6))
    pair = np.arange(n) // (how.mates or some)
    start = min(0.62, 1 - how.cards)  # of the lots, and apart from virtual cards where there is room
    together = made & (bank > start) & (bank < start + how.cards)
    return base.having(
        local=np.where(uniform, shape, base["local"]),
        domain=domain,
        kind=kind,
        card=np.where(
            together, (1 << 52) + rng.integers(1 << 50) + pair, np.where(kind == 6, base["card"], OWN)
        ),
        neighbour=np.where(kind == VIRTUAL, ranges, OWN),
        issuer=np.where(kind == VIRTUAL, 400 + rng.integers(1, 13, lots)[lot], base["issuer"]),
        program=np.where(
            origin == PROGRAM, rng.choice([1, 2, 3, 4], n, p=[0.45, 0.1, 0.25, 0.2]), base["program"]
        ),
    )


def _name(rng: np.random.Generator) -> str:
    letters = rng.choice(list("abcdefghiklmnoprstuvz"), int(rng.integers(6, 12)))
    return "".join(letters.tolist())
