"""What analysts know of simulated actors: claims from earlier campaigns, some wrong, graded, and expiring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from stillwatch.attribute.actors.admiralty import trust
from stillwatch.attribute.actors.kinds import INDICATORS, MARKS, PROGRAMME, ClaimKind
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.profile import Claim
from stillwatch.attribute.actors.weigh import Sighting
from stillwatch.lab.attribution.world import EPOCH_DAYS, Campaign, Value, World

DAY0 = date(2026, 1, 1)
OTHERS = 50_000  # accounts outside a campaign
GRADES = ("A1", "A2", "B2", "B2", "B3", "C3")
LASTS = timedelta(days=240)


@dataclass(frozen=True, slots=True)
class Dossier:
    """A profile's statements; `relay` marks the profile of a relay."""

    name: str
    statements: tuple[Statement, ...]
    relay: bool = False


def day(epoch: int) -> date:
    """The day on which campaigns of an epoch are seen."""
    return DAY0 + timedelta(days=EPOCH_DAYS * epoch)


def dossiers(world: World, epoch: int) -> list[Dossier]:
    """Profiles as they stand before an epoch: of the profiled actors, and of the relays but one."""
    c = world.customs
    out = []
    for number in range(c.profiled):
        rng = np.random.default_rng([world.seed, epoch, number, 11])
        out.append(_of_actor(world, f"actor-{number}", epoch, rng))
    for relay in range(c.relays - 1):
        known = [(e, world.relays[relay][e]) for e in range(max(epoch - 3, 0), epoch)]
        claims = [
            _statement(
                f"relay-{relay}", f"nets-{e}", MARKS["prefix"], _claim(e, "B2", f"relay-{e}"), _nets(nets)
            )
            for e, nets in known
        ]
        out.append(Dossier(f"relay-{relay}", tuple(claims), relay=True))
    return out


def _of_actor(world: World, name: str, epoch: int, rng: np.random.Generator) -> Dossier:
    claims: list[Statement] = []
    ordinary = [c for c in world.campaigns if c.condition == "ordinary"]
    for mine in (c for c in ordinary if c.actor == name and c.epoch < epoch):
        grade = str(rng.choice(GRADES))
        false = rng.random() > trust(grade) or rng.random() < world.customs.overrated
        others = [c for c in ordinary if c.epoch == mine.epoch and c.actor != name]
        shown = others[int(rng.integers(len(others)))] if false else mine
        origin = str(rng.choice(["own logs", "partner", "report"]))
        claims += _from_campaign(name, shown, _claim(mine.epoch, grade, f"{origin}-{mine.epoch}"))
    return Dossier(name, tuple(claims))


def _from_campaign(name: str, shown: Campaign, claim: Claim) -> Iterable[Statement]:
    parts: dict[tuple[str, str], list[Value]] = {}
    for value in shown.held:
        kind = INDICATORS[value[0]]
        parts.setdefault((kind.family, kind.faking), []).append(value)
    for (family, faking), values in sorted(parts.items()):
        kind = max((INDICATORS[v[0]] for v in values), key=lambda k: k.cap_bits)
        yield _statement(name, f"{shown.name}.{family}.{faking}", kind, claim, values)
    whole = sum(shown.mix.values())
    main = tuple(sorted(c for c, n in shown.mix.items() if n >= 0.25 * whole))
    yield _statement(name, f"{shown.name}.programme", PROGRAMME, claim, (), main)


def _claim(epoch: int, grade: str, source: str) -> Claim:
    return Claim(
        statement="simulated",
        source=source,
        date=day(epoch),
        reliability=grade,
        expires=day(epoch) + LASTS,
        contradicted_by="simulated",
    )


def _nets(nets: Sequence[int]) -> list[Value]:
    return [("net24", n) for n in nets]


def _statement(
    actor: str, name: str, kind: ClaimKind, claim: Claim, values: Sequence[Value], after: tuple[str, ...] = ()
) -> Statement:
    basis = tuple(sorted({v[0] for v in values}))
    return Statement(
        name,
        actor,
        kind.name,
        kind.family,
        kind.faking,
        kind.cap_bits,
        claim,
        tuple(values),
        basis=basis,
        capabilities=after,
    )


def sighting(world: World, s: Statement, campaign: Campaign) -> Sighting:
    """What a campaign shows of a statement, as `attribute.actors.sightings` would count it."""
    if s.capabilities:
        whole = sum(campaign.mix.values())
        inside = sum(n for name, n in campaign.mix.items() if name in s.capabilities)
        return Sighting(1000 if 2 * inside >= whole else 0, 1000, 0, OTHERS)
    share = 1.0 - float(np.prod([1.0 - campaign.held.get(v, 0.0) for v in s.held]))
    base = 1.0 - float(np.prod([1.0 - world.share_of_others(v) for v in s.held]))
    return Sighting(round(share * campaign.members), campaign.members, round(base * OTHERS), OTHERS)


def shown(world: World, found: Dossier, campaign: Campaign) -> list[tuple[Statement, Sighting]]:
    """Every statement of a profile with what the campaign shows of it."""
    return [(s, sighting(world, s, campaign)) for s in found.statements]


def sides(
    found: Sequence[Dossier], world: World, campaign: Campaign
) -> tuple[Mapping[str, list], Mapping[str, list]]:  # type: ignore[type-arg]
    """Statements and sightings of distillers and of relays, by name."""
    return (
        {d.name: shown(world, d, campaign) for d in found if not d.relay},
        {d.name: shown(world, d, campaign) for d in found if d.relay},
    )
