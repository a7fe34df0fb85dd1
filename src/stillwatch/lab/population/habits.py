"""How streams of requests look in ordinary use: amounts, sessions, settings, networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.book import TOOLSETS
from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.specs import NONE, PATHWAYS, PEOPLE, PROGRAM, STREAM
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
    """A list of n parameter vectors; `cool` is the chance of temperature 0,
    `limit` that a length limit is sent.
    """
    vectors = []
    for _ in range(n):
        temperature = 0.0 if rng.random() < cool else _one(rng, TEMPERATURES)
        tokens = _one(rng, LIMITS[1:]) if rng.random() < limit else None
        top = _one(rng, (None, None, None, 0.9, 0.95, 1.0))
        streamed = stream if stream is not None else _one(rng, (None, False, True))
        effort = _one(rng, (None,) * 8 + ("low", "medium", "high"))
        logprobs = True if rng.random() < 0.04 else None
        vectors.append(Params(temperature, top, tokens, streamed, logprobs, effort))
    return town.vector(*vectors)


def clocks(town: Town, rng: Rng, n: int, *, office: float | None = None, most: int = 48) -> Array:
    """Personal clocks of n accounts, out of some dozens."""
    made = np.array([town.clocks.people(rng, office=office) for _ in range(max(1, min(n, most)))])
    return made[rng.integers(len(made), size=n)]


def homes(town: Town, rng: Rng, n: int) -> Array:
    """Residential pools of n accounts."""
    made = np.array([town.pool("residential", rng) for _ in range(max(1, min(n, 400)))])
    return made[rng.integers(len(made), size=n)]


def many(make: Callable[[], int], rng: Rng, n: int, most: int = 24) -> Array:
    """n numbers out of at most `most` made by calling `make()`."""
    made = np.array([make() for _ in range(max(1, min(n, most)))])
    return made[rng.integers(len(made), size=n)]


def toolset(rng: Rng) -> int:
    """Number of a set of tools."""
    return int(rng.integers(len(TOOLSETS)))


def private(town: Town, rng: Rng, names: str, k: int = 1) -> tuple[int, ...]:
    """k frames of somebody's own, each a rewording of one of some kinds (names separated by spaces)."""
    known = kinds(town, *names.split())
    chosen = [int(known[i]) for i in rng.integers(len(known), size=k)]
    return tuple(int(town.library.variants(p, 1, seed=int(rng.integers(1 << 40)))[0]) for p in chosen)


def system(town: Town, rng: Rng, share: float = 1.0) -> tuple[tuple[int, int], ...]:
    """A system text of somebody's own, or with chance 1 - share none."""
    if rng.random() >= share:
        return ()
    return ((private(town, rng, "persona")[0], int(rng.integers(1 << 62))),)


def material(town: Town, rng: Rng, share: float) -> tuple[int, int]:
    """Documents below each prompt, with a chance of `share`: programme and most pieces; else (-1, 1)."""
    if rng.random() >= share:
        return NONE, 1
    return private(town, rng, "rag summarise")[0], int(rng.integers(1, 6))


def tag(rng: Rng, share: float) -> int:
    """A project's name, as a number, with a chance of `share`."""
    return int(rng.integers(1 << 40)) if rng.random() < share else NONE


def at_home(town: Town, rng: Rng, accounts: Frame) -> dict[str, Array]:
    """Addresses of private people: their home's, renewed now and then, and mobile networks."""
    n = len(accounts)
    return {
        "pool": accounts["signup_pool"],
        "pool_2": many(lambda: town.pool("mobile", rng, int(rng.integers(1, 24))), rng, n, 60),
        "away": rng.choice([0.0, 0.2, 0.7, 1.0], n, p=[0.5, 0.28, 0.14, 0.08]),
        "lease": rng.choice([0.5, 1.0, 3.0, 14.0, 60.0], n),
        "six": rng.choice([0.0, 0.9], n, p=[0.75, 0.25]),
    }


def on_servers(town: Town, rng: Rng, n: int, *, most: int = 400) -> dict[str, Array]:
    """Addresses of rented machines: a fixed one, a few, or a cloud's whole range, a new one for each job."""
    way = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    fixed = many(lambda: town.host("hosting", rng, int(rng.integers(1, 6))), rng, n, most)
    cloud = many(lambda: town.pool("hosting", rng, int(rng.integers(1, 16))), rng, n, 30)
    return {
        "pool": np.where(way == 2, cloud, fixed),
        "lease": np.where(way == 0, 60.0, rng.choice([0.0, 0.0, -1.0], n)),
    }


def behind(pool: int, n: int, *, lease: float = 0.0) -> dict[str, Array]:
    """Addresses out of one exit pool."""
    return {"pool": np.full(n, pool), "lease": np.full(n, lease)}


def coded(town: Town, rng: Rng, n: int, software: str = "sdk http", *, most: int = 40) -> dict[str, Array]:
    """Client, settings and models of programs."""
    return {
        "clients": many(lambda: town.client(software, rng, 2), rng, n, most),
        "params": many(lambda: settings(town, rng, int(rng.integers(1, 4))), rng, n, most),
        "models": many(lambda: town.mix(rng, favourites=int(rng.integers(1, 4))), rng, n, most),
        "keys": rng.choice([1, 1, 1, 2, 3], n),
        "limited": rng.choice([0.001, 0.01, 0.04], n, p=[0.5, 0.35, 0.15]),
        "insists": rng.choice([0.0, 0.5, 0.95], n, p=[0.35, 0.25, 0.4]),
        "cache": rng.choice([0.0, 0.1, 0.5, 0.9], n, p=[0.45, 0.25, 0.2, 0.1]),
        "thinking": rng.choice([0.0, 0.3, 1.0], n, p=[0.55, 0.25, 0.2]),
        "manner": np.full(n, PROGRAM),
        "length": rng.lognormal(0.0, 0.35, n),
        "cut": rng.choice([0.01, 0.05, 0.15], n),
        "pathways": one_of(
            rng, n, {ways(town, api=1.0): 0.7, ways(town, aster=1.0): 0.18, ways(town, birch=1.0): 0.12}
        ),
    }


def typed(town: Town, rng: Rng, n: int, software: str = "browser chat_app") -> dict[str, Array]:
    """Client, settings and models of people who type: streamed answers, growing conversations."""
    return {
        "clients": many(lambda: town.client(software, rng, 3), rng, n, 60),
        "changes": rng.choice([0.0, 0.3], n),
        "params": many(lambda: settings(town, rng, stream=True, cool=0.05, limit=0.3), rng, n),
        "models": many(lambda: town.mix(rng), rng, n),
        "talk": rng.choice([0.0, 0.6, 0.9, 1.0], n, p=[0.12, 0.2, 0.3, 0.38]),
        "manner": np.full(n, PEOPLE),
        "run": rng.choice([1.0, 1.5, 3.0, 5.0, 9.0], n),
        "gap": rng.uniform(30, 160, n),
        "thinking": rng.choice([0.0, 0.4, 1.0], n),
        "cache": rng.choice([0.0, 0.3, 0.8], n),
        "pathways": one_of(rng, n, {ways(town, console=1.0): 0.75, ways(town, api=1.0): 0.25}),
    }


def one_of(rng: Rng, n: int, weighted: Mapping[int, float]) -> Array:
    """n of the keys, by weight."""
    shares = np.array(list(weighted.values()))
    return rng.choice(np.array(list(weighted)), n, p=shares / shares.sum())


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
    return tuple(p for name in names for p in town.programs[name])


def some(rng: Rng, items: tuple[int, ...], k: int) -> tuple[int, ...]:
    """k of the items."""
    chosen = rng.choice(len(items), size=min(k, len(items)), replace=False)
    return tuple(items[i] for i in sorted(chosen.tolist()))


def _one(rng: Rng, items: tuple[T, ...]) -> T:
    return items[int(rng.integers(len(items)))]
