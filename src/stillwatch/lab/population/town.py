"""What all cohorts of a simulation share: the calendar, the internet, clients,
models and the numbered lists.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.choices import Choices
from stillwatch.lab.population.clocks import HOUR_US, Clocks
from stillwatch.lab.population.draws import generator, word
from stillwatch.lab.population.internet import Internet, add_pool
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.text.library import TextLibrary

DAY_US = 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class Params:
    """A parameter vector; None = not sent."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stream: bool | None = None
    logprobs: bool | None = None
    effort: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model on offer and when it came out, in days relative to the start of the window."""

    name: str
    released_day: float


@dataclass(slots=True)
class Town:
    """Filled while cohorts are built; every list is referred to by number."""

    seed: int
    start: int  # microseconds since 1970, a Monday at 00:00 UTC
    hours: int
    internet: Internet
    models: tuple[Model, ...]
    library: TextLibrary
    clocks: Clocks
    programs: dict[str, tuple[int, ...]]  # kind of text -> its public programmes
    client_kinds: dict[str, npt.NDArray[np.int64]]  # kind of client -> numbers of clients
    pools: Choices = field(default_factory=Choices)
    clients: Choices = field(default_factory=Choices)
    params: Choices = field(default_factory=Choices)
    mixes: Choices = field(default_factory=Choices)
    pathways: Choices = field(default_factory=Choices)
    vectors: dict[Params, int] = field(default_factory=dict)
    scripts: dict[Script, int] = field(default_factory=dict)
    domains: dict[str, int] = field(default_factory=dict)

    def rng(self, *names: object) -> np.random.Generator:
        """A generator for these names in this simulation."""
        return generator(self.seed, *names)

    def number(self, *names: object) -> int:
        """A positive number for a shared thing (organization, card, phone) of that name."""
        return word(self.seed, *names) >> 2

    def pool(self, kind: str, rng: np.random.Generator, n: int = 1) -> int:
        """A pool of n whole blocks of a kind of network."""
        return add_pool(self.pools, self.internet.block(kind, rng, n))

    def host(self, kind: str, rng: np.random.Generator, n: int = 1) -> int:
        """A pool of n single addresses."""
        return add_pool(self.pools, self.internet.host(kind, rng, n))

    def client(self, kinds: str, rng: np.random.Generator, n: int = 1) -> int:
        """A list of n clients out of kinds (`sdk`, `browser`, `tool`, … separated by spaces)."""
        known = np.concatenate([self.client_kinds[kind] for kind in kinds.split()])
        return self.clients.add(rng.choice(known, size=min(n, len(known)), replace=False))

    def vector(self, *vectors: Params, weights: npt.ArrayLike | None = None) -> int:
        """A list of parameter vectors."""
        numbers = [self.vectors.setdefault(v, len(self.vectors)) for v in vectors]
        return self.params.add(numbers, weights)

    def script(self, script: Script) -> int:
        """Number of a script."""
        return self.scripts.setdefault(script, len(self.scripts))

    def domain(self, name: str) -> int:
        """Number of an e-mail domain."""
        return self.domains.setdefault(name, len(self.domains))

    def mix(self, rng: np.random.Generator, *, favourites: int = 2) -> int:
        """A list of models somebody uses: a few favourites among those already out."""
        out = np.array([i for i, m in enumerate(self.models) if m.released_day <= 0])
        popular = np.exp(-0.3 * np.arange(len(out))[::-1])
        chosen = rng.choice(out, size=min(favourites, len(out)), replace=False, p=popular / popular.sum())
        return self.mixes.add(np.sort(chosen), rng.dirichlet(np.ones(len(chosen)) * 0.8) + 0.02)

    def newest(self) -> tuple[int, float]:
        """The model released during the window and the hour of its release."""
        late = max(range(len(self.models)), key=lambda i: self.models[i].released_day)
        return late, self.models[late].released_day * 24

    def at(self, hour: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Microseconds since 1970 of hours since the start."""
        return self.start + (np.asarray(hour, np.float64) * HOUR_US).astype(np.int64)
