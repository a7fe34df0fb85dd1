"""Random search, then local search from the best, for the raid that is found least."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.lab.attacks.raid import Raid
from stillwatch.lab.redteam.knobs import drawn, turned
from stillwatch.model.errors import UsageError

TRIES = 1000  # draws before no raid within the limit is believed to exist


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a raid: its price per exchange, and the shares of its accounts and exchanges that were found."""

    how: Raid
    cost: float
    recall: float
    exchange_recall: float

    @property
    def rank(self) -> tuple[float, float, float]:
        """The smaller, the better for the attacker: found least, and then cheapest."""
        return (self.recall, self.exchange_recall, self.cost)


def search(
    try_: Callable[[Raid], Outcome],
    price: Callable[[Raid], float],
    *,
    budget: int,
    most: float,
    rng: np.random.Generator,
    say: Callable[[Outcome], None],
    late: Callable[[], bool] = lambda: False,
    known: Sequence[Outcome] = (),
) -> list[Outcome]:
    """Outcomes of at most `budget` different raids that cost at most `most` per exchange, the worst for us first;
    fewer where it gets `late`, but one. Those that are `known` from an interrupted search count.

    Raises `UsageError` if nothing is that cheap.
    """
    done = {outcome.how: outcome for outcome in known if outcome.cost <= most}
    for number in range(len(done), budget):
        if done and late():
            break
        best = min(done.values(), key=lambda o: o.rank) if number >= (budget + 1) // 2 else None
        how = _fresh(done, best, price, most, rng)
        done[how] = try_(how)
        say(done[how])
    return sorted(done.values(), key=lambda o: o.rank)


def _fresh(
    done: dict[Raid, Outcome],
    best: Outcome | None,
    price: Callable[[Raid], float],
    most: float,
    rng: np.random.Generator,
) -> Raid:
    for attempt in range(TRIES):
        near = best is not None and attempt < TRIES // 2
        how = turned(best.how, rng) if best is not None and near else drawn(rng)
        if how not in done and price(how) <= most:
            return how
    raise UsageError(f"no raid costs ${most:g} per exchange or less", remedy="Raise --most-cost")
