"""What a scenario declares."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType

import numpy as np

from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town
from stillwatch.model.errors import ExtensionError

LEAST = 40  # accounts of a campaign, however small the simulation


@dataclass(frozen=True, slots=True)
class Campaign:
    """One attack: `build(town, rng, n, campaign)` makes n accounts that harvest;
    `accounts` is n at scale 1.
    """

    name: str
    actor: str
    accounts: int
    build: Callable[[Town, np.random.Generator, int, int], Crowd]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A window of days, so many innocent accounts at scale 1, and the campaigns among them."""

    name: str
    title: str
    days: int
    accounts: int
    campaigns: tuple[Campaign, ...]
    shares: Mapping[str, float] = field(default_factory=dict)  # cohorts with another share than usual


def load(package: ModuleType) -> Mapping[str, Scenario]:
    """All scenarios of a package by name, one `SCENARIO` per file.

    Raises `ExtensionError` for a file without one.
    """
    found = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        scenario = getattr(module, "SCENARIO", None)
        if not isinstance(scenario, Scenario):
            raise ExtensionError("no SCENARIO in this file", where=module.__name__, remedy="Add one")
        found[scenario.name] = scenario
    return MappingProxyType(found)
