"""A raid: a pool of accounts shares out a harvest, through proxies, a router and a few clients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.lab.attacks.pool import BOUGHT, pool
from stillwatch.lab.population import habits
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.internet import add_pool
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import ROLES, STREAM, Crowd
from stillwatch.lab.population.town import Town


@dataclass(frozen=True, slots=True)
class Raid:
    """Parameters of a campaign of harvesters."""

    kinds: tuple[str, ...]  # kinds of prompts
    variants: int  # private frames made of each public one that is used
    frames: int  # public frames used of each kind
    per_account: float  # mean requests of an account in the window
    spread: float = 0.6  # of the logarithm of that number
    origins: tuple[float, ...] = (0.34, 0.2, 0.22, 0.14, 0.1)
    run: float = 6.0
    gap: float = 12.0
    reword: float = 0.0
    clients: int = 5
    vectors: int = 5
    ways: tuple[tuple[str, float], ...] = (("api", 0.6), ("aster", 0.25), ("birch", 0.15))
    networks: tuple[float, ...] = (
        0.42,
        0.3,
        0.1,
        0.18,
    )  # homes held, homes per session, homes per request, hosting
    camouflage: float = 0.3  # share of accounts that also chat a little
    pivot: float = 0.0  # share of sessions moved to the new model within a day of its release
    begins: float = 0.3  # accounts start within this share of the window
    routed: bool = True


def raid(town: Town, rng: np.random.Generator, n: int, campaign: int, *, how: Raid) -> Crowd:
    """n accounts that harvest as `how` says; their harvest streams carry the campaign's number."""
    accounts, origin = pool(town, rng, n, origins=how.origins)
    accounts = accounts.having(campaign=campaign, role=ROLES["harvester"])
    harvest = _harvest(town, rng, accounts, campaign, how)
    cover = _cover(town, rng, accounts, origin, harvest, how)
    return Crowd(accounts, Frame.stack(STREAM, [harvest, cover]))


def _harvest(town: Town, rng: np.random.Generator, accounts: Frame, campaign: int, how: Raid) -> Frame:
    n = len(accounts)
    scripts = _scripts(town, rng, how)
    requests = how.per_account * rng.lognormal(-(how.spread**2) / 2, how.spread, n)
    start = town.hours * how.begins * rng.beta(1.2, 2.0, n)
    life = town.hours * rng.choice([0.25, 0.5, 1.0], n, p=[0.1, 0.2, 0.7])
    pools = _networks(town, rng, n, how)
    turns_to, turns_at = town.newest()
    streams = habits.streams(
        town,
        accounts,
        rng,
        campaign=campaign,
        requests=np.maximum(requests + rng.random(n), 1).astype(np.int64),
        run=how.run * rng.lognormal(0, 0.5, n) + 1,
        gap=how.gap * rng.lognormal(0, 0.5, n),
        spread=rng.uniform(0.5, 1.2, n),
        clock=habits.many(lambda: town.clocks.machine(rng, swing=float(rng.uniform(0.1, 0.6))), rng, n, 6),
        since=start,
        until=start + life,
        script=np.array(scripts)[rng.integers(len(scripts), size=n)],
        clients=habits.many(lambda: town.client("tool sdk http", rng, 2), rng, n, how.clients),
        params=habits.many(lambda: habits.settings(town, rng, 2, cool=0.2, limit=0.8), rng, n, how.vectors),
        models=habits.many(lambda: town.mix(rng, favourites=2), rng, n, 3),
        turns_to=town.mixes.add([turns_to]),
        turns_at=turns_at + rng.uniform(2, 24, n) if how.pivot else 1e9,
        turns_share=how.pivot,
        pathways=_ways(town, rng, n, how),
        users=rng.choice([0, 1], n, p=[0.85, 0.15]),
        limited=rng.choice([0.004, 0.02, 0.06], n),
        router=campaign if how.routed else -1,
        thinking=rng.choice([0.0, 0.3, 1.0], n),
        length=rng.lognormal(0.45, 0.35, n),
        cut=rng.choice([0.02, 0.08, 0.2], n),
        **pools,
    )
    return streams


def _scripts(town: Town, rng: np.random.Generator, how: Raid) -> list[int]:
    """One data set per private frame, handed out over the accounts that hold it, nothing twice."""
    made = []
    for kind in how.kinds:
        for program in habits.some(rng, habits.kinds(town, kind), how.frames):
            private = town.library.variants(program, how.variants, seed=int(rng.integers(1 << 30)))
            for chosen in private.tolist():
                base = int(rng.integers(1 << 61))
                bare = rng.random() < 0.5
                made.append(
                    Script(
                        (chosen,),
                        fills="shares",
                        base=base,
                        reword=how.reword,
                        systems=() if bare else (chosen,),
                    )
                )
    return [town.script(script) for script in made]


def _networks(town: Town, rng: np.random.Generator, n: int, how: Raid) -> dict[str, Array]:
    """Homes of proxy services, held for days, for a session or for a request, and rented servers."""
    way = rng.choice(4, n, p=np.asarray(how.networks) / np.sum(how.networks))
    exits = town.internet.block("residential", rng, 400)
    shared = add_pool(town.pools, np.unique(exits, axis=0))
    held = habits.homes(town, rng, n)
    servers = habits.many(lambda: town.host("hosting", rng, int(rng.integers(1, 4))), rng, n, max(4, n // 12))
    return {
        "pool": np.select([way == 0, way == 3], [held, servers], shared),
        "pool_2": shared,
        "away": rng.choice([0.0, 0.15], n),
        "lease": np.select(
            [way == 0, way == 1, way == 2], [rng.choice([0.5, 1.0, 3.0, 14.0], n), 0.0, -1.0], 60.0
        ),
        "six": rng.choice([0.0, 0.9], n, p=[0.85, 0.15]) * (way == 0),
    }


def _ways(town: Town, rng: np.random.Generator, n: int, how: Raid) -> Array:
    lists = [habits.ways(town, **{name: 1.0}) for name, _ in how.ways]
    shares = np.array([share for _, share in how.ways])
    return rng.choice(lists, n, p=shares / shares.sum())


def _cover(
    town: Town, rng: np.random.Generator, accounts: Frame, origin: Array, harvest: Frame, how: Raid
) -> Frame:
    """Ordinary requests of the same accounts: their former owners', and a little small talk as camouflage."""
    bought = np.flatnonzero(origin == BOUGHT)
    chatty = np.flatnonzero((origin != BOUGHT) & (rng.random(len(accounts)) < how.camouflage))
    rows = np.concatenate([bought, chatty])
    n = len(rows)
    before = np.arange(n) < len(bought)
    talk = habits.kinds(town, "chat", "coding", "translation", "summarise")
    scripts = [town.script(Script(habits.some(rng, talk, 5))) for _ in range(12)]
    frame = Frame.make(
        STREAM,
        n,
        account=rows,
        requests=habits.amount(town, rng, n, 0.7, sigma=1.0),
        until=np.where(before, harvest["since"][rows], 1e9),
        run=rng.uniform(2, 7, n),
        gap=rng.uniform(20, 120, n),
        clock=habits.clocks(town, rng, n),
        talk=rng.choice([0.0, 0.5, 1.0], n),
        script=rng.choice(scripts, n),
        pool=np.where(before, accounts["signup_pool"][rows], harvest["pool"][rows]),
        clients=np.where(
            before, habits.many(lambda: town.client("browser sdk", rng, 3), rng, n), harvest["clients"][rows]
        ),
        params=habits.many(lambda: habits.settings(town, rng, stream=True), rng, n),
        models=habits.many(lambda: town.mix(rng), rng, n),
        pathways=rng.choice([habits.ways(town, console=1.0), habits.ways(town, api=1.0)], n),
    )
    return habits.alive(town, accounts, frame, rng)
