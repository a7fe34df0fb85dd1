"""Recall against what an attacker pays for each exchange."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stillwatch.lab.intervals import Figure
from stillwatch.lab.population.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Step:
    """One scenario of a ladder: dollars per exchange, account recall, exchange recall."""

    scenario: str
    cost: float
    recall: Figure
    exchange_recall: Figure


def cost_of(scenario: Scenario) -> float | None:
    """Dollars an attacker pays per exchange in a scenario of one campaign that says so."""
    costs = [sum(campaign.costs.values()) for campaign in scenario.campaigns if campaign.costs]
    return costs[0] if len(costs) == 1 == len(scenario.campaigns) else None


def ratio(steps: Iterable[Step], scenario: str) -> float | None:
    """Cost of a scenario in multiples of the cheapest of its ladder."""
    costs = {step.scenario: step.cost for step in steps}
    if scenario not in costs or min(costs.values()) <= 0:
        return None
    return costs[scenario] / min(costs.values())


def net_cost(step: Step) -> float | None:
    """Dollars per exchange that is not found; None where all are."""
    share = step.exchange_recall.value
    if share is None or share >= 1:
        return None
    return step.cost / (1 - share)


def net_ratio(steps: Sequence[Step], step: Step) -> float | None:
    """What an exchange that is not found costs, in multiples of the cheapest exchange without anybody looking: what
    evasion and detection together do to the price. None where all are found."""
    net, cheapest = net_cost(step), min(s.cost for s in steps)
    return None if net is None or cheapest <= 0 else net / cheapest
