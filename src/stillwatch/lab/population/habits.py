"""How streams of requests look in ordinary use: amounts, sessions, settings, networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.book import TOOLSETS
from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.specs import PATHWAYS, STREAM
from stillwatch.lab.population.town import Params, Town

T = TypeVar("T")
Rng = np.random.Generator
TEMPERATURES = (None, 0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LIMITS = (None, 150, 256, 300, 500, 512, 800, 1000, 1024, 1500, 2000, 2048, 4000, 4096, 8192, 16000)


def streams(town: Town, accounts: Frame, rng: Rng, **values: npt.ArrayLike) -> Frame:
    """One stream per account, alive since its sign-up; columns not named get their default."""
    n = len(accounts)
    frame = Frame.make(STREAM, n, **{"account": np.arange(n), **values})
    return alive(town, accounts, frame, rng)


def alive(town: Town, accounts: Frame, frame: Frame, rng: Rng) -> Frame:
    """The same streams, none of them before its account's sign-up."""
    born = (
        (accounts["created"][frame["account"]] - town.start) / HOUR_US
        + rng.exponential(0.4, len(frame))
        + 0.02
    )
    since = np.maximum(frame["since"], np.clip(born, 0, town.hours - 0.5))
    return frame.having(since=since, until=np.maximum(frame["until"], since + 0.25))


def amount(town: Town, rng: Rng, n: int, per_day: float, *, sigma: float = 1.0) -> Array:
    """Requests of n accounts in the window: log-normal around a median per day, at least one."""
    drawn = per_day * town.hours / 24 * rng.lognormal(0.0, sigma, n)
    return np.maximum(np.minimum(drawn, 40_000) + rng.random(n), 1).astype(np.int64)


def settings(
    town: Town, rng: Rng, n: int = 1, *, stream: bool | None = None, cool: float = 0.3, limit: float = 0.7
) -> int:
    """A list of n parameter vectors; `cool` is the chance of temperature 0, `limit` that a length limit is sent."""
    vectors = []
    for _ in range(n):
        temperature = 0.0 if rng.random() < cool else _one(rng, TEMPERATURES)
        tokens = _one(rng, LIMITS[1:]) if rng.random() < limit else None
        top = _one(rng, (None, None, None, 0.9, 0.95, 1.0))
        streamed = stream if stream is not None else _one(rng, (None, False, True))
        effort = _one(rng, (None,) * 8 + ("low", "medium", "high"))
        vectors.append(
            Params(temperature, top, None if tokens is None else int(tokens), streamed, None, effort)
        )
    return town.vector(*vectors)


def clocks(town: Town, rng: Rng, n: int, *, office: float | None = None, most: int = 48) -> Array:
    """Personal clocks of n accounts, out of some dozens."""
    made = np.array([town.clocks.people(rng, office=office) for _ in range(min(n, most))])
    return made[rng.integers(len(made), size=n)]


def homes(town: Town, rng: Rng, n: int) -> Array:
    """Residential pools of n accounts."""
    made = np.array([town.pool("residential", rng) for _ in range(min(n, 400))])
    return made[rng.integers(len(made), size=n)]


def many(make: Callable[[], int], rng: Rng, n: int, most: int = 24) -> Array:
    """n numbers out of at most `most` made by calling `make()`."""
    made = np.array([make() for _ in range(min(n, most))])
    return made[rng.integers(len(made), size=n)]


def toolset(rng: Rng) -> int:
    """Number of a set of tools."""
    return int(rng.integers(len(TOOLSETS)))


def ways(town: Town, **shares: float) -> int:
    """A list of pathways: `api`, `console`, `batch`, `aster` and `birch` (clouds), programmes."""
    full = {
        "aster": "cloud:aster",
        "birch": "cloud:birch",
        "education": "program:education",
        "startup": "program:startup",
    }
    return town.pathways.add([PATHWAYS.index(full.get(k, k)) for k in shares], list(shares.values()))


def kinds(town: Town, *names: str) -> tuple[int, ...]:
    """Prompt programmes of some kinds."""
    return tuple(int(p) for name in names for p in town.library.programs(name))


def some(rng: Rng, items: tuple[int, ...], k: int) -> tuple[int, ...]:
    """k of the items."""
    chosen = rng.choice(len(items), size=min(k, len(items)), replace=False)
    return tuple(items[i] for i in sorted(chosen.tolist()))


def _one(rng: Rng, items: tuple[T, ...]) -> T:
    return items[int(rng.integers(len(items)))]
