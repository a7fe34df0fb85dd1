"""A raid: a pool of accounts shares out a harvest, through proxies, a router and a few clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stillwatch.lab.attacks.pool import BOUGHT, Lots, pool
from stillwatch.lab.population import habits
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.internet import add_pool
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.sidelines import with_sidelines
from stillwatch.lab.population.specs import NONE, ROLES, STREAM, Crowd
from stillwatch.lab.population.town import Town

ROUTERS = 1 << 30  # from here on the routers of campaigns are numbered


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
    clients: int = 8
    vectors: int = 8
    ways: tuple[tuple[str, float], ...] = (("api", 0.6), ("aster", 0.25), ("birch", 0.15))
    networks: tuple[float, ...] = (0.45, 0.27, 0.09, 0.19)  # homes held, per session, per request, hosting
    camouflage: float = 0.3  # share of accounts that also chat a little
    pivot: float = 0.0  # share of sessions moved to the new model within a day of its release
    retreat: float = 0.0  # share of sessions moved to the model with the weakest safeguards
    ramp: float = 0.0  # hours before and after that hour over which the starts spread
    begins: float | None = None  # hour in which the accounts start; None = spread over the first third
    lasts: float | None = None  # hours for which they go on; None = some a week, most to the end
    cell: int = 40  # accounts behind one router
    routed: bool = True
    hands: float = 0.65  # share of refused requests that a router gives to another account of the cell
    passes: float = 0.0  # share of later turns that go on in another account of the cell
    grafts: float = 0.0  # share of requests that carry a reasoning block of another account of the cell
    talk: float = 0.0  # share of sessions that are conversations
    thinking: float | None = None  # share of answers with reasoning blocks; None = different by account
    human: bool = False  # works through the days, evenings and pauses of a person
    opened: tuple[float, float] | None = None  # days between which the lots of accounts are opened
    lot: float = 25.0  # accounts prepared together; this and what follows as in `Lots`
    lot_days: float = 0.25
    cards: float = 0.12
    mates: int = 0
    virtual: float = 0.3
    names: float = 0.45
    domains: float = 0.28
    exits: int = 400  # exits of the proxy service
    lease: float | None = None  # days for which a home address is held; None = different by account


@dataclass(frozen=True, slots=True)
class Programme:
    """What a campaign does, cell by cell; it outlives the accounts that do it."""

    scripts: Array
    clients: Array
    params: Array
    models: Array
    clocks: Array
    even: Array  # the router spreads its load evenly
    first: int  # number of the first cell's router

    def __len__(self) -> int:
        return len(self.scripts)


def raid(
    town: Town,
    rng: np.random.Generator,
    n: int,
    campaign: int,
    *,
    how: Raid,
    doing: Programme | None = None,
) -> Crowd:
    """n accounts that harvest as `how` says; their harvest streams carry the campaign's number.

    They work in cells of some dozens, each behind a router of its own with one client and a few of the
    frames. With `doing` they carry on a programme that others began.
    """
    lots = Lots(how.lot, how.lot_days, how.cards, how.mates, how.virtual, how.names, how.domains)
    accounts, origin = pool(town, rng, n, origins=how.origins, opened=how.opened, lots=lots)
    accounts = accounts.having(campaign=campaign, role=ROLES["harvester"])
    doing = doing or programme(town, rng, n, campaign, how=how)
    harvest = _harvest(town, rng, accounts, campaign, how, doing)
    crowd = with_sidelines(
        town, rng, Crowd(accounts, harvest), chat=how.camouflage, projects=how.camouflage * 0.8
    )
    past = _past(town, rng, accounts, np.flatnonzero(origin == BOUGHT), harvest)
    return Crowd(accounts, Frame.stack(STREAM, [crowd.streams, past]))


def programme(town: Town, rng: np.random.Generator, n: int, campaign: int, *, how: Raid) -> Programme:
    """The programme of a campaign with so many accounts at a time."""
    cells = max(4, n // how.cell)
    software = np.array([town.client("tool sdk http", rng, 2) for _ in range(how.clients)])
    mixes = np.array([town.mix(rng, favourites=int(rng.integers(1, 4))) for _ in range(max(3, how.clients))])
    vectors = np.array([habits.settings(town, rng, int(rng.integers(1, 4))) for _ in range(how.vectors)])
    return Programme(
        scripts=np.array(harvest_scripts(town, rng, how, cells)),
        clients=software[rng.integers(len(software), size=cells)],
        params=vectors[rng.integers(len(vectors), size=cells)],
        models=mixes[rng.integers(len(mixes), size=cells)],
        clocks=_clocks(town, rng, cells),
        even=rng.random(cells) < (0.0 if how.human else 0.6),
        first=ROUTERS + campaign * 1_000_000,
    )


def _harvest(
    town: Town, rng: np.random.Generator, accounts: Frame, campaign: int, how: Raid, doing: Programme
) -> Frame:
    n = len(accounts)
    cell = rng.integers(len(doing), size=n)
    requests = how.per_account * rng.lognormal(-(how.spread**2) / 2, how.spread, n)
    start, life = _life(town, rng, n, how)
    coded = habits.coded(town, rng, n)
    personal = habits.clocks(town, rng, n) if how.human else _clocks(town, rng, n)
    return habits.streams(
        town,
        accounts,
        rng,
        campaign=campaign,
        requests=np.maximum(requests + rng.random(n), 1).astype(np.int64),
        run=how.run * rng.lognormal(0, 0.5, n) + 1,
        gap=how.gap * rng.lognormal(0, 0.5, n),
        spread=rng.uniform(1.0, 1.5, n) if how.human else rng.uniform(0.5, 1.2, n),
        clock=np.where(doing.even[cell], doing.clocks[cell], personal),
        even=doing.even[cell],
        since=start,
        until=start + life,
        talk=how.talk,
        script=doing.scripts[cell],
        router=doing.first + cell if how.routed else NONE,
        hands=how.hands,
        passes=how.passes,
        grafts=how.grafts,
        users=rng.choice([0, 1, 40], n, p=[0.65, 0.15, 0.2]),
        **coded
        | {
            "clients": doing.clients[cell],
            "params": doing.params[cell],
            "models": doing.models[cell],
            "thinking": coded["thinking"] if how.thinking is None else how.thinking,
            "limited": rng.choice([0.003, 0.015, 0.04], n),
            "insists": rng.choice([0.5, 0.95], n, p=[0.3, 0.7]),
            "pathways": _ways(town, rng, n, how),
            "length": rng.lognormal(0.35, 0.45, n),
        },
        **_networks(town, rng, n, how),
        **_turn(town, rng, cell, how),
    )


def _clocks(town: Town, rng: np.random.Generator, n: int) -> Array:
    """Half of n accounts or cells work day and night, half when one of the operators does."""
    always = habits.many(lambda: town.clocks.machine(rng, swing=float(rng.uniform(0.1, 0.9))), rng, n, 6)
    return np.where(rng.random(n) < 0.5, always, habits.clocks(town, rng, n, most=6))


def _life(town: Town, rng: np.random.Generator, n: int, how: Raid) -> tuple[Array, Array]:
    """When each account starts, and for how many hours it is used."""
    if how.begins is not None and how.lasts is not None:
        return np.maximum(how.begins + how.ramp * rng.uniform(-1, 1, n), 0.0), np.full(n, how.lasts)
    start = town.hours * 0.3 * rng.beta(1.2, 2.0, n)
    return start, town.hours * rng.choice([0.25, 0.5, 1.0], n, p=[0.1, 0.2, 0.7])


def _turn(town: Town, rng: np.random.Generator, cell: Array, how: Raid) -> dict[str, Array]:
    """A change of models: to the newest within a day of its release, or back to one of the oldest."""
    n, cells = len(cell), int(cell.max()) + 1
    newest, released = town.newest()
    old = np.argsort([m.released_day for m in town.models])[:4]
    model = np.full(cells, newest) if how.pivot else old[rng.integers(4, size=cells)]
    lists = np.array([town.mixes.add([m]) for m in model.tolist()])
    moved = rng.random(cells) < (1.0 if how.pivot else 0.7)
    return {
        "turns_to": lists[cell],
        "turns_at": released + rng.uniform(2, 24, n)
        if how.pivot
        else town.hours * rng.uniform(0.1, 0.5, cells)[cell],
        "turns_share": max(how.pivot, how.retreat) * moved[cell],
    }


def harvest_scripts(town: Town, rng: np.random.Generator, how: Raid, cells: int) -> list[int]:
    """The script of each cell: some of the campaign's private frames; its data set is handed out, nothing
    twice.
    """
    frames: list[int] = []
    for kind in how.kinds:
        for program in habits.some(rng, habits.kinds(town, kind), how.frames):
            frames += town.library.variants(program, how.variants, seed=int(rng.integers(1 << 30))).tolist()
    return [_script(town, rng, tuple(frames), how) for _ in range(cells)]


def _script(town: Town, rng: np.random.Generator, frames: tuple[int, ...], how: Raid) -> int:
    per: Literal["exchange", "session"] = "exchange" if rng.random() < 0.6 else "session"
    script = Script(
        habits.some(rng, frames, int(rng.integers(1, 5))),
        per=per,
        fills="shares",
        base=int(rng.integers(1 << 61)),
        repeats=int(rng.choice([1, 2, 4], p=[0.85, 0.1, 0.05])),  # several answers to choose from
        reword=how.reword,
        systems=habits.system(town, rng, 0.5),
        tag=habits.tag(rng, 0.15),
    )
    return town.script(script)


def _networks(town: Town, rng: np.random.Generator, n: int, how: Raid) -> dict[str, Array]:
    """Homes of proxy services, held for days, for a session or for a request, and rented servers."""
    way = rng.choice(4, n, p=np.asarray(how.networks) / np.sum(how.networks))
    exits = town.internet.block("residential", rng, how.exits)
    shared = add_pool(town.pools, np.unique(exits, axis=0))
    held = habits.homes(town, rng, n)
    servers = habits.many(lambda: town.host("hosting", rng, int(rng.integers(1, 4))), rng, n, max(4, n // 12))
    away = rng.choice([0.0, 0.15], n)
    leases = rng.choice([0.5, 1.0, 3.0, 14.0, 60.0], n)
    return {
        "pool": np.select([way == 0, way == 3], [held, servers], shared),
        "pool_2": shared,
        "away": away,
        "lease": np.select(
            [way == 0, way == 1, way == 2], [leases if how.lease is None else how.lease, 0.0, -1.0], 60.0
        ),
        "six": rng.choice([0.0, 0.9], n, p=[0.85, 0.15]) * (way == 0),
    }


def _ways(town: Town, rng: np.random.Generator, n: int, how: Raid) -> Array:
    lists = [habits.ways(town, **{name: 1.0}) for name, _ in how.ways]
    shares = np.array([share for _, share in how.ways])
    return rng.choice(lists, n, p=shares / shares.sum())


def _past(town: Town, rng: np.random.Generator, accounts: Frame, rows: Array, harvest: Frame) -> Frame:
    """Requests of the former owners of bought accounts, until the harvest begins."""
    n = len(rows)
    talk = habits.kinds(town, "chat", "coding", "translation", "summarise")
    scripts = [town.script(Script(habits.some(rng, talk, 5))) for _ in range(12)]
    frame = Frame.make(
        STREAM,
        n,
        account=rows,
        requests=habits.amount(town, rng, n, 0.5, sigma=1.0),
        until=harvest["since"][rows],
        clock=habits.clocks(town, rng, n),
        script=rng.choice(scripts, n),
        **habits.at_home(town, rng, accounts.take(rows)),
        **habits.typed(town, rng, n),
    )
    return habits.alive(town, accounts, frame, rng)
