"""Judging simulated campaigns against simulated profiles, and counting what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stillwatch.attribute.actors.posterior import RELAY
from stillwatch.attribute.actors.rates import Rates
from stillwatch.attribute.actors.tracked import Held, ties
from stillwatch.attribute.actors.verdict import ActorSettings, decide
from stillwatch.lab.attribution.dossiers import OTHERS, day, dossiers, sides
from stillwatch.lab.attribution.world import Campaign, Customs, World, make_world
from stillwatch.lab.reliability.measures import Judged

FIRST = 2  # epochs before it only fill the profiles
CONDITIONS = (
    "profiled actor",
    "profiled actor, changed",
    "unknown actor",
    "unknown behind a known relay",
    "imitation",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One campaign judged: who it was, under which condition, who was named, and the probabilities that matter."""

    world: int
    condition: str
    actor: str
    victim: str
    named: str
    own: float  # probability of its actor, 0 if that has no profile
    blamed: float  # largest probability of an actor that it is not
    imitated: float  # probability of the actor that it imitates
    relay_only: float


@dataclass(frozen=True, slots=True)
class Trials:
    """A world judged: outcomes, and the evidence for each pair of campaign and profile."""

    outcomes: tuple[Outcome, ...]
    judged: Judged


def judge_world(
    seed: int, rates: Rates, customs: Customs | None = None, settings: ActorSettings | None = None
) -> Trials:
    """Every campaign of a world from the third epoch on, against the profiles as they stood before it."""
    s = settings or ActorSettings()
    world = make_world(seed, customs)
    outcomes: list[Outcome] = []
    worth: list[float] = []
    hostile: list[bool] = []
    for epoch in range(FIRST, world.customs.epochs):
        known = dossiers(world, epoch)
        prior = (1 - s.priors.unknown) / world.customs.profiled
        for campaign in (c for c in world.campaigns if c.epoch == epoch):
            distillers, relays = sides(known, world, campaign)
            v = decide(distillers, relays, rates, day(epoch), s)
            p = {name: v.posterior.of[name] for name in distillers}
            rest = [q for name, q in p.items() if name != campaign.actor]
            outcomes.append(
                Outcome(
                    seed,
                    condition(world, campaign),
                    campaign.actor,
                    campaign.victim,
                    v.named,
                    p.get(campaign.actor, 0.0),
                    max(rest, default=0.0),
                    p.get(campaign.victim, 0.0),
                    v.posterior.of[RELAY],
                )
            )
            for name, q in p.items():
                worth.append(logit(q) - logit(prior * (1 - s.priors.imitated)))
                hostile.append(name == campaign.actor)
    return Trials(tuple(outcomes), Judged(f"world {seed}", np.array(worth), np.array(hostile, bool)))


def condition(world: World, campaign: Campaign) -> str:
    """What makes a campaign hard to attribute; an imitation counts as one if its victim has a profile."""
    profiled = {f"actor-{n}" for n in range(world.customs.profiled)}
    if campaign.condition == "imitation" and campaign.victim in profiled:
        return "imitation"
    if campaign.actor in profiled:
        before = {
            v
            for c in world.campaigns
            if c.actor == campaign.actor and c.epoch < campaign.epoch
            for v in c.held
        }
        mine = [v for v in campaign.held if v[0] != "neighbour"]
        kept = sum(v in before for v in mine) / max(len(mine), 1)
        return "profiled actor" if kept >= 0.4 else "profiled actor, changed"
    known = campaign.relay is not None and campaign.relay < world.customs.relays - 1
    return "unknown behind a known relay" if known else "unknown actor"


def logit(p: float) -> float:
    """Odds of a probability in bits."""
    q = min(max(p, 1e-9), 1 - 1e-9)
    return float(np.log2(q / (1 - q)))


@dataclass(frozen=True, slots=True)
class Linked:
    """Pairs of campaigns, and how many of them a tie put into one tracked group."""

    kind: str
    tied: int
    pairs: int


PAIRS = ("one actor, next epoch", "copycat and its victim", "different actors, one relay", "different actors")


def link_world(seed: int, customs: Customs | None = None) -> list[Linked]:
    """Which pairs of campaigns of neighbouring epochs are tied, by what the pair is."""
    world = make_world(seed, customs)
    found = dict.fromkeys(PAIRS, 0)
    whole = dict.fromkeys(PAIRS, 0)
    for a, b in _neighbours(world.campaigns):
        kind = _pair(a, b)
        if kind:
            whole[kind] += 1
            found[kind] += bool(ties(list(_shared(world, a, b)), OTHERS, len(world.campaigns)))
    return [Linked(kind, found[kind], whole[kind]) for kind in PAIRS]


def _neighbours(campaigns: Sequence[Campaign]) -> Iterable[tuple[Campaign, Campaign]]:
    return ((a, b) for a, b in combinations(campaigns, 2) if abs(a.epoch - b.epoch) <= 1)


def _pair(a: Campaign, b: Campaign) -> str:
    if "imitation" in (a.condition, b.condition):
        copy, other = (a, b) if a.condition == "imitation" else (b, a)
        return PAIRS[1] if other.actor == copy.victim and other.condition == "ordinary" else ""
    if a.actor == b.actor:
        return PAIRS[0]
    return PAIRS[2] if a.relay is not None and a.relay == b.relay else PAIRS[3]


def _shared(world: World, a: Campaign, b: Campaign) -> Iterable[Held]:
    for value in sorted(set(a.held) & set(b.held)):
        others = round(world.share_of_others(value) * OTHERS)
        yield Held(a.name, b.name, value[0], min(a.held[value], b.held[value]), others)
