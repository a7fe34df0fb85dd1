"""Relays: bought accounts resold to many customers. In an attack one or two of an operator's customers distil."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.lab.attacks.pool import pool
from stillwatch.lab.attacks.raid import ROUTERS, Raid, harvest_scripts
from stillwatch.lab.population import habits
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.sidelines import with_sidelines
from stillwatch.lab.population.specs import ROLES, STREAM, Crowd
from stillwatch.lab.population.town import Town

SAID = (
    "chat coding translation summarise agent rag classification support_bot batch_nlp judge persona tutoring"
)
FEWEST = 8  # operators, however small the simulation
ORIGINS = (0.3, 0.2, 0.25, 0.2, 0.05)  # of the accounts, as `pool` names them


@dataclass(frozen=True, slots=True)
class Relay:
    """Parameters of relays with a harvest."""

    harvest: Raid  # what the distillers ask; its networks, clients and accounts play no part
    share: float = 0.05  # of the traffic that is the harvest
    crew: int = 200  # mean accounts of an operator
    distillers: int = 2  # customers of each operator that distil


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator's accounts: their rows, requests in the window and what all their streams have in common."""

    rows: Array
    total: Array
    place: dict[str, Array]


def relay(town: Town, rng: np.random.Generator, n: int, campaign: int, *, how: Relay) -> Crowd:
    """n accounts of independent operators; only the distillers' streams carry the campaign's number.

    An operator forwards everything through the same accounts, exits and software, whoever asked.
    """
    accounts, _ = pool(town, rng, n, origins=ORIGINS)
    count = max(FEWEST, n // how.crew)
    weight = rng.lognormal(0, 0.6, count)
    group = rng.choice(count, n, p=weight / weight.sum())
    accounts = accounts.having(campaign=campaign, role=ROLES["relay"], group=group)
    scripts = np.array(harvest_scripts(town, rng, how.harvest, count * how.distillers))
    parts = []
    for number in np.unique(group).tolist():
        router = ROUTERS + campaign * 1_000_000 + number
        one = operator(town, rng, np.flatnonzero(group == number), router)
        own = scripts[number * how.distillers : (number + 1) * how.distillers]
        parts.append(customers(town, rng, one, share=1 - how.share))
        parts.append(_harvest(town, rng, one, how, own).having(campaign=campaign))
    streams = habits.alive(town, accounts, Frame.stack(STREAM, parts), rng)
    return with_sidelines(town, rng, Crowd(accounts, streams), chat=0.3, projects=0.25)


def operator(town: Town, rng: np.random.Generator, rows: Array, router: int) -> Operator:
    """An operator of these accounts: how much they carry, exits, software and settings of the router."""
    n = len(rows)
    total = habits.amount(town, rng, n, float(rng.uniform(4.5, 8.0)), sigma=0.9)
    return Operator(rows, total, _place(town, rng, n) | {"router": np.full(n, router)})


def _place(town: Town, rng: np.random.Generator, n: int) -> dict[str, Array]:
    """Exits, software and router settings of one operator's n accounts."""
    exits = town.pool("residential", rng, 150)
    servers = habits.many(lambda: town.host("hosting", rng, 2), rng, n, max(6, n // 12))
    hosted = rng.random(n) < rng.uniform(0.1, 0.8)
    coded = habits.coded(town, rng, n, "http sdk", most=2)
    return {
        "pool": np.where(hosted, servers, exits),
        "lease": np.where(hosted, 60.0, rng.choice([0.0, -1.0, 1.0], n)),
        "clients": coded["clients"],
        "keys": coded["keys"],
        "pathways": coded["pathways"],
        "limited": rng.choice([0.005, 0.015, 0.04], n),
        "insists": rng.choice([0.5, 0.95], n, p=[0.3, 0.7]),
        "hands": np.full(n, rng.uniform(0.4, 0.9)),
        "passes": np.full(n, rng.choice([0.0, 0.1, 0.6])),
    }


def customers(town: Town, rng: np.random.Generator, one: Operator, *, share: float = 1.0) -> Frame:
    """Ordinary customers: developers, chat apps, small products and batch jobs, some on each account."""
    made = _clientele(town, rng, int(rng.integers(10, 60)))
    served = rng.integers(1, 7, len(one.rows))
    owner = np.repeat(np.arange(len(served)), served)
    who = rng.integers(len(made["script"]), size=len(owner))
    weight = rng.exponential(1.0, len(owner))
    part = weight / np.bincount(owner, weight)[owner] * one.total[owner] * share
    return Frame.make(
        STREAM,
        len(owner),
        account=one.rows[owner],
        requests=(part + rng.random(len(owner))).astype(np.int64),
        **{name: values[owner] for name, values in one.place.items()},
        **{name: values[who] for name, values in made.items()},
    )


def _clientele(town: Town, rng: np.random.Generator, n: int) -> dict[str, Array]:
    """n customers, each with frames, settings and hours of their own."""
    people = rng.random(n) < 0.5
    typed, coded = habits.typed(town, rng, n), habits.coded(town, rng, n)
    always = habits.many(lambda: town.clocks.machine(rng, swing=0.7), rng, n, 8)
    return {
        "script": np.array([_wishes(town, rng) for _ in range(n)]),
        "talk": np.where(people, typed["talk"], rng.choice([0.0, 0.5], n, p=[0.8, 0.2])),
        "run": np.where(people, typed["run"], rng.lognormal(1.4, 0.9, n) + 1),
        "gap": np.where(people, typed["gap"], rng.lognormal(2.3, 0.9, n)),
        "clock": np.where(people, habits.clocks(town, rng, n), always),
        "params": np.where(people, typed["params"], coded["params"]),
        "models": np.where(people, typed["models"], coded["models"]),
        "thinking": np.where(people, typed["thinking"], coded["thinking"]),
        "cache": np.where(people, typed["cache"], coded["cache"]),
        "length": coded["length"],
        "users": rng.choice([0, 1], n, p=[0.8, 0.2]),
    }


def _wishes(town: Town, rng: np.random.Generator) -> int:
    """What one customer says: a product's frame with always new fillings, or a bit of everything."""
    said = habits.private(town, rng, SAID, int(rng.integers(1, 4)))
    said += habits.some(rng, habits.kinds(town, "chat", "coding", "translation"), int(rng.integers(0, 4)))
    material, pieces = habits.material(town, rng, 0.2)
    systems = habits.system(town, rng, 0.5)
    return town.script(
        Script(said, systems=systems, material=material, pieces=pieces, tag=habits.tag(rng, 0.1))
    )


def _harvest(town: Town, rng: np.random.Generator, one: Operator, how: Relay, scripts: Array) -> Frame:
    """The distillers' part of the traffic, a little of it on every account."""
    n, raid = len(one.rows), how.harvest
    wanted = one.total * how.share * rng.lognormal(-0.125, 0.5, n)
    which = rng.integers(len(scripts), size=n)
    coded = habits.coded(town, rng, len(scripts))
    clocks = habits.many(lambda: town.clocks.machine(rng, swing=0.5), rng, len(scripts))
    return Frame.make(
        STREAM,
        n,
        account=one.rows,
        requests=(wanted + rng.random(n)).astype(np.int64),
        run=raid.run,
        gap=raid.gap,
        even=True,
        clock=clocks[which],
        script=scripts[which],
        **one.place,
        **{name: coded[name][which] for name in ("params", "models", "thinking", "cache", "length")},
    )
