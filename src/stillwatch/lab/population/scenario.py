"""What a scenario declares."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, ModuleType

import numpy as np

from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town
from stillwatch.model.errors import ExtensionError

LEAST = 40  # accounts of a campaign, however small the simulation


@dataclass(frozen=True, slots=True)
class Campaign:
    """One attack: `build(town, rng, n, campaign)` makes n accounts that harvest; `accounts` is n at scale 1.

    Where a scenario compares levels of evasion, `level` is this campaign's and `costs` the attacker's dollars
    for each harvested exchange, by what they are spent on.
    """

    name: str
    actor: str
    accounts: int
    build: Callable[[Town, np.random.Generator, int, int], Crowd]
    level: int | None = None
    costs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A window of days, so many innocent accounts at scale 1, and the campaigns among them.

    With `apart`, each campaign is also a scenario of its own, called `NAME-0`, `NAME-1` and so on.
    """

    name: str
    title: str
    days: int
    accounts: int
    campaigns: tuple[Campaign, ...]
    shares: Mapping[str, float] = field(default_factory=dict)  # cohorts with another share than usual
    apart: bool = False

    def steps(self) -> tuple[Scenario, ...]:
        """Scenarios with one of the campaigns each, if they are to be had apart."""
        return tuple(
            replace(self, name=f"{self.name}-{i}", campaigns=(campaign,), apart=False)
            for i, campaign in enumerate(self.campaigns)
            if self.apart
        )


def load(package: ModuleType) -> Mapping[str, Scenario]:
    """All scenarios of a package by name, one `SCENARIO` per file and those that it can be taken apart into.

    Raises `ExtensionError` for a file without one.
    """
    found: dict[str, Scenario] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        scenario = getattr(module, "SCENARIO", None)
        if not isinstance(scenario, Scenario):
            raise ExtensionError("no SCENARIO in this file", where=module.__name__, remedy="Add one")
        found |= {one.name: one for one in (scenario, *scenario.steps())}
    return MappingProxyType(found)
