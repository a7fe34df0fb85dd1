"""A world of actors: what each owns and rents, how fast it changes, and the campaigns it runs, epoch by epoch.

Campaigns are simulated as what a scan would find of them: values by kind and the share of the members that holds each.
Traffic is left out, so that thousands of campaigns can be judged in minutes; `endtoend` checks the way from traffic on
a few. Actors differ in care: the careless keep cards and domains for months, the careful change nearly everything. All
buy from the same few merchants and relays, so unrelated campaigns have things in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from stillwatch.attribute.actors.kinds import CAPABILITIES

Value = tuple[str, int]  # kind of value, key
EPOCH_DAYS = 30
HARD = ("instrument", "phone")
CHEAP = ("ja4", "user_agent", "params", "end_user", "metadata", "template")
OWN = (*HARD, *CHEAP, "net24")
COMMON = 40  # keys below this are public values of a kind, which ordinary accounts hold too


@dataclass(frozen=True, slots=True)
class Customs:
    """How actors of a world behave, as ranges that each actor draws from.

    `change`: chance that a thing is replaced from one epoch to the next; `relayed`: that a campaign goes through a
    relay; `leaks`: that an actor has a kind of cheap mark at all; `own`: the same for a kind that is hard to fake;
    `public`: that a cheap mark is a public value; `copied`: that an imitator takes a cheap mark over; `rents`: that it
    rents what its victim rents; `stolen`: that it plants a thing that is hard to fake; `overrated`: that a claim is
    wrong though its grade says that it is good; `restocks`: that a merchant sells new cards and domains.
    """

    change: tuple[float, float] = (0.05, 0.6)
    relayed: float = 0.55
    leaks: float = 0.7
    own: float = 0.65
    public: float = 0.3
    copied: float = 0.85
    rents: float = 0.5
    stolen: float = 0.03
    overrated: float = 0.0
    restocks: float = 0.5
    actors: int = 12
    profiled: int = 6
    relays: int = 4
    merchants: int = 5
    epochs: int = 6
    imitations: int = 3  # an epoch


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor: what it has at present, what it is after, where it buys, and how often each kind changes."""

    number: int
    things: Mapping[str, tuple[int, ...]]
    change: Mapping[str, float]
    capabilities: tuple[str, ...]
    relay: int
    merchant: int

    @property
    def name(self) -> str:
        """Its name."""
        return f"actor-{self.number}"


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a scan would find: members, values with the share of members that hold them, what is taken.

    `condition` says what makes it hard: `ordinary`, or `imitation` of `victim`.
    """

    name: str
    actor: str
    epoch: int
    members: int
    held: Mapping[Value, float]
    mix: Mapping[str, float]
    relay: int | None
    condition: str = "ordinary"
    victim: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """All campaigns of a world; values of relays by epoch; shares of ordinary accounts that hold a value."""

    seed: int
    customs: Customs
    campaigns: tuple[Campaign, ...]
    relays: Mapping[int, tuple[tuple[int, ...], ...]]  # relay: its networks in each epoch
    base: Mapping[Value, float] = field(default_factory=dict)

    def share_of_others(self, value: Value) -> float:
        """Share of ordinary accounts that hold a value: public ones some, private ones none."""
        return self.base.get(value, 0.0)


def make_world(seed: int, customs: Customs | None = None) -> World:
    """A world with this seed."""
    c = customs or Customs()
    rng = np.random.default_rng([seed, 7])
    keys = _Keys(rng)
    relays = {r: _epochs_of_relay(keys, c.epochs) for r in range(c.relays)}
    actors = [_actor(rng, keys, c, n) for n in range(c.actors)]
    found: list[Campaign] = []
    shops = [(keys.some(3), keys.some(2)) for _ in range(c.merchants)]
    for epoch in range(c.epochs):
        shops = [(keys.some(3), keys.some(2)) if rng.random() < c.restocks else shop for shop in shops]
        now = [_campaign(rng, a, epoch, c, relays, shops) for a in actors]
        found += now
        before = [x for x in found if x.epoch == epoch - 1 and x.condition == "ordinary"]
        for i in range(c.imitations if before else 0):
            found.append(_imitation(rng, f"copy-{epoch}-{i}", now, before, c))
        actors = [_changed(rng, keys, a, c) for a in actors]
    base = {(kind, n): float(0.15 / (n + 2)) for kind in OWN for n in range(COMMON)}
    return World(seed, c, tuple(found), relays, base)


class _Keys:
    """Hands out keys that nobody else has."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.next = COMMON
        self.rng = rng

    def some(self, n: int) -> tuple[int, ...]:
        """So many new keys."""
        self.next += n
        return tuple(range(self.next - n, self.next))


def _epochs_of_relay(keys: _Keys, epochs: int) -> tuple[tuple[int, ...], ...]:
    """Networks of a relay; a fifth is replaced each epoch."""
    now = keys.some(30)
    out = []
    for _ in range(epochs):
        out.append(now)
        now = (*now[6:], *keys.some(6))
    return tuple(out)


def _actor(rng: np.random.Generator, keys: _Keys, c: Customs, number: int) -> Actor:
    care = rng.random()
    low, high = c.change
    things = {kind: _things(rng, keys, c, kind) for kind in OWN}
    change = {
        kind: float(np.clip(low + (high - low) * care + rng.normal(0, 0.1), 0.02, 0.95)) for kind in OWN
    }
    after = rng.choice(CAPABILITIES, size=int(rng.integers(1, 4)), replace=False)
    return Actor(
        number,
        things,
        change,
        tuple(sorted(after.tolist())),
        int(rng.integers(c.relays)),
        int(rng.integers(c.merchants)),
    )


def _things(rng: np.random.Generator, keys: _Keys, c: Customs, kind: str) -> tuple[int, ...]:
    """What an actor has of a kind: nothing, something of its own, or of the cheap kinds something public."""
    if kind in HARD:
        return keys.some(int(rng.integers(1, 5))) if rng.random() < c.own else ()
    if kind == "net24":
        return keys.some(int(rng.integers(2, 8)))
    if rng.random() >= c.leaks:
        return ()
    if rng.random() < c.public:
        return tuple(rng.choice(COMMON, size=int(rng.integers(1, 3)), replace=False).tolist())
    return keys.some(int(rng.integers(1, 4)))


def _changed(rng: np.random.Generator, keys: _Keys, a: Actor, c: Customs) -> Actor:
    """The actor an epoch later."""
    things = {k: _things(rng, keys, c, k) if rng.random() < a.change[k] else v for k, v in a.things.items()}
    relay = int(rng.integers(c.relays)) if rng.random() < 0.25 else a.relay
    merchant = int(rng.integers(c.merchants)) if rng.random() < 0.4 else a.merchant
    return replace(a, things=things, relay=relay, merchant=merchant)


def _campaign(
    rng: np.random.Generator, a: Actor, epoch: int, c: Customs,
    relays: Mapping[int, tuple[tuple[int, ...], ...]], shops: list[tuple[tuple[int, ...], tuple[int, ...]]],
) -> Campaign:  # fmt: skip
    held: dict[Value, float] = {}
    for kind in (*HARD, *CHEAP):
        if a.things[kind] and rng.random() < (0.75 if kind in HARD else 0.9):
            used = rng.choice(
                a.things[kind], size=int(rng.integers(1, len(a.things[kind]) + 1)), replace=False
            )
            for key in used.tolist():
                held[kind, key] = float(rng.beta(1.2, 4) if kind in HARD else rng.beta(2, 1.5))
    relay = a.relay if rng.random() < c.relayed else None
    nets = relays[relay][epoch] if relay is not None else a.things["net24"]
    for key in rng.choice(nets, size=min(len(nets), int(rng.integers(3, 12))), replace=False).tolist():
        held["net24", key] = float(rng.beta(1.2, 6))
    cards, domains = shops[a.merchant]
    held |= {("neighbour", k): float(rng.beta(1.5, 4)) for k in cards}
    held |= {("email_domain", k): float(rng.beta(1.2, 6)) for k in domains if rng.random() < 0.5}
    mix = {name: float(rng.gamma(1.5)) for name in a.capabilities}
    if rng.random() < 0.3:
        mix[str(rng.choice(CAPABILITIES))] = float(rng.gamma(1.5))
    members = int(np.exp(rng.normal(5.5, 1.2))) + 20
    return Campaign(f"{a.name}-{epoch}", a.name, epoch, members, held, mix, relay)


def _imitation(
    rng: np.random.Generator, name: str, now: list[Campaign], before: list[Campaign], c: Customs
) -> Campaign:
    """A campaign of somebody who takes over what another showed in the epoch before."""
    own = now[int(rng.integers(len(now)))]
    victims = [x for x in before if x.actor != own.actor]
    victim = victims[int(rng.integers(len(victims)))]
    rents = rng.random() < c.rents
    held = {v: s for v, s in own.held.items() if v[0] not in CHEAP and not (rents and v[0] == "net24")}
    for (kind, key), share in victim.held.items():
        cheap = kind in CHEAP and rng.random() < c.copied
        if cheap or (rents and kind in ("net24", "neighbour")) or (kind in HARD and rng.random() < c.stolen):
            held[kind, key] = share
    mix = victim.mix if rng.random() < c.copied else own.mix
    relay = victim.relay if rents else own.relay
    return replace(
        own, name=name, held=held, mix=mix, relay=relay, condition="imitation", victim=victim.actor
    )
