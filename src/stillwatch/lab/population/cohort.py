"""What an innocent cohort declares, and how its accounts are shared out over independent groups."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.sidelines import with_sidelines
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Town
from stillwatch.model.errors import ExtensionError

ADOPTION = 0.2  # share of ordinary streams that turn to a new model
Build = Callable[[Town, np.random.Generator, int], Crowd]


@dataclass(frozen=True, slots=True)
class Cohort:
    """One kind of innocent customers.

    `build(town, rng, n)` makes one group of n accounts with parameters of its own, drawn from `rng`. The
    cohort holds `share` of the innocent accounts; groups have `smallest` to `largest` accounts; there are
    at least `groups` of them however small the simulation. `alone` says that the accounts of a group have
    nothing to do with each other: each is a group of its own in the truth.
    """

    name: str
    title: str
    share: float
    smallest: int
    largest: int
    groups: int
    build: Build
    alone: bool = False


def load(package: ModuleType) -> tuple[Cohort, ...]:
    """All cohorts of a package, one `COHORT` per file, in order of name.

    Raises `ExtensionError` for a file without one.
    """
    found = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        cohort = getattr(module, "COHORT", None)
        if not isinstance(cohort, Cohort):
            raise ExtensionError("no COHORT in this file", where=module.__name__, remedy="Add one")
        found.append(cohort)
    return tuple(found)


def sizes(cohort: Cohort, accounts: float, rng: np.random.Generator) -> list[int]:
    """Sizes of the groups of a cohort of so many accounts; at least `groups` groups."""
    left = max(round(accounts), cohort.groups * cohort.smallest)
    most = max(min(cohort.largest, left // cohort.groups), cohort.smallest)
    out = []
    while left > 0:
        low, high = np.log(cohort.smallest), np.log(most + 1)
        out.append(min(int(np.exp(rng.uniform(low, high))), left))
        left -= out[-1]
    return out


def populate(cohort: Cohort, town: Town, number: int, accounts: float) -> Crowd:
    """All groups of a cohort of so many accounts; `number` is what the truth table calls it."""
    groups = []
    for g, n in enumerate(sizes(cohort, accounts, town.rng("sizes", cohort.name))):
        crowd = cohort.build(town, town.rng("group", cohort.name, g), n)
        rng = town.rng("sidelines", cohort.name, g)
        crowd = with_sidelines(town, rng, _in_time(town, rng, crowd), chat=0.3, projects=0.25)
        crowd = Crowd(crowd.accounts, _up_to_date(town, town.rng("updates", cohort.name, g), crowd.streams))
        groups.append(crowd.marked(cohort=number, group=g))
    whole = Crowd.join(groups)
    return whole.marked(group=np.arange(len(whole.accounts))) if cohort.alone else whole


def _up_to_date(town: Town, rng: np.random.Generator, streams: Frame) -> Frame:
    """A fifth of the streams turns to the newest model sooner or later, wholly or in part, each in its time."""
    new, hour = town.newest()
    turns = (streams["turns_to"] < 0) & (rng.random(len(streams)) < ADOPTION)
    return streams.having(
        turns_to=np.where(turns, town.mixes.add([new]), streams["turns_to"]),
        turns_at=np.where(turns, hour + rng.exponential(60.0, len(streams)), streams["turns_at"]),
        turns_share=np.where(turns, rng.uniform(0.2, 1.0, len(streams)), streams["turns_share"]),
    )


def _in_time(town: Town, rng: np.random.Generator, crowd: Crowd) -> Crowd:
    """Latecomers of an event sign up some hours before the window ends."""
    latest = town.at(town.hours - rng.uniform(1, 8, len(crowd.accounts)))
    return Crowd(crowd.accounts.having(created=np.minimum(crowd.accounts["created"], latest)), crowd.streams)
