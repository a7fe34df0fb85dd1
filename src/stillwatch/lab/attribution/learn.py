"""Learning the rates of `attribute/actors/rates.toml` on training worlds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.actors.admiralty import trust
from stillwatch.attribute.actors.kinds import INDICATORS, PROGRAMME, RELEASE, ClaimKind, class_name
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.posterior import Bench, Fusion, Priors
from stillwatch.attribute.actors.rates import Counts, Rate, Rates
from stillwatch.attribute.actors.verdict import seat
from stillwatch.attribute.actors.weigh import PRINCIPAL, Sighting
from stillwatch.lab.attribution.dossiers import day, dossiers, shown, sides
from stillwatch.lab.attribution.trials import FIRST, logit
from stillwatch.lab.attribution.world import Campaign, make_world
from stillwatch.lab.reliability.measures import cllr

Floats = NDArray[np.float64]
HALF_LIVES = (20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 270.0, 400.0, 800.0)
SCALES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SCALE_WORLDS = 10  # so many of the training worlds choose the scale
MOST_BOUND = 12.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One class of claims of one profile against one campaign: is it the actor's own, the best trust and least age of
    its live claims, how many they are, and whether one of them was shown."""

    own: bool
    trust: float
    age_days: float
    claims: int
    hit: bool


def learn(seeds: Sequence[int], command: str) -> Rates:
    """The rates of these worlds."""
    seen = _observed(seeds)
    of = {name: _rate(rows) for name, rows in sorted(seen.items())}
    of |= {name: rate for name, rate in _never_simulated(of).items() if name not in of}
    trials = sum(1 for rows in seen.values() for r in rows if not r.own)
    campaigns = trials / max(len(seen), 1)
    bound = round(min(float(np.log2(campaigns + 1)), MOST_BOUND), 2)
    made = Rates(command=command, trials=trials, scale=1.0, bound_bits=bound, of=of)
    return _scaled(made, seeds[:SCALE_WORLDS])


def _observed(seeds: Sequence[int]) -> dict[str, list[Seen]]:
    out: dict[str, list[Seen]] = {}
    for seed in seeds:
        world = make_world(seed)
        for epoch in range(FIRST, world.customs.epochs):
            for dossier in dossiers(world, epoch):
                for campaign in (
                    c for c in world.campaigns if c.epoch == epoch and c.condition == "ordinary"
                ):
                    own = campaign.actor == dossier.name or f"relay-{campaign.relay}" == dossier.name
                    for name, row in _classes(shown(world, dossier, campaign), day(epoch), own=own):
                        out.setdefault(name, []).append(row)
    return out


def _classes(
    found: Sequence[tuple[Statement, Sighting]], when: date, *, own: bool
) -> Iterable[tuple[str, Seen]]:
    parts: dict[str, list[tuple[Statement, Sighting]]] = {}
    for s, seen in found:
        if s.claim.date <= when <= s.claim.expires:
            parts.setdefault(s.rates, []).append((s, seen))
    for name, rows in parts.items():
        hit = any(seen.holding and seen.share - seen.base >= PRINCIPAL / 2 for _, seen in rows)
        best = max(trust(s.claim.reliability) for s, _ in rows)
        age = min((when - s.claim.date).days for s, _ in rows)
        yield name, Seen(own, best, float(age), len(rows), hit)


def _rate(rows: Sequence[Seen]) -> Rate:
    own, other = [r for r in rows if r.own], [r for r in rows if not r.own]
    claims = float(np.mean([r.claims for r in rows]))
    shown_rate, half_life = _fitted(own)
    n = len(own)
    coincidence = (float(sum(r.hit for r in other)), float(len(other)))
    return Rate((round(shown_rate * n, 1), float(n)), half_life, coincidence, round(claims, 2))


def _fitted(rows: Sequence[Seen]) -> tuple[float, float]:
    """The chance that a fresh true claim is shown, and its half-life: the likeliest pair on a grid."""
    t = np.array([r.trust for r in rows])
    age = np.array([r.age_days for r in rows])
    hit = np.array([r.hit for r in rows], bool)
    best = (-np.inf, 0.5, 90.0)
    for half in HALF_LIVES:
        for chance in np.linspace(0.02, 0.98, 49):
            p = np.clip(t * chance * 0.5 ** (age / half), 1e-6, 1 - 1e-6)
            score = float(np.where(hit, np.log(p), np.log1p(-p)).sum())
            best = max(best, (score, float(chance), half))
    return best[1], best[2]


def _never_simulated(of: Mapping[str, Rate]) -> dict[str, Rate]:
    """Rates of classes that the worlds do not hold: as weak as the weakest that they do, from few trials."""
    worst = min(of.values(), key=lambda r: _ratio(r.shown, r.coincidence))
    low, n = worst.shown[0] / worst.shown[1], 20.0
    rate = Rate((round(low * n, 1), n), worst.half_life_days, worst.coincidence, worst.claims)
    kinds: Iterable[ClaimKind] = (*INDICATORS.values(), PROGRAMME, RELEASE)
    return {class_name(k.family, k.faking): rate for k in kinds}


def _ratio(a: Counts, b: Counts) -> float:
    return (a[0] / a[1]) / max(b[0] / b[1], 1e-9)


def _scaled(made: Rates, seeds: Sequence[int]) -> Rates:
    """The rates with the scale of the sum that costs least on training worlds."""
    priors = Priors()
    prior = (1 - priors.unknown) * (1 - priors.imitated)
    worth: dict[float, list[float]] = {scale: [] for scale in SCALES}
    hostile: list[bool] = []
    for campaign, bench in _benches(made, seeds, priors):
        hostile += [w.actor == campaign.actor for w in bench.distillers]
        for scale in SCALES:
            found = replace(bench, fusion=Fusion(scale, made.bound_bits)).posterior().of
            worth[scale] += [
                logit(found[w.actor]) - logit(prior / len(bench.distillers)) for w in bench.distillers
            ]
    costs = {scale: cllr(np.array(w), np.array(hostile, bool)) for scale, w in worth.items()}
    return msgspec.structs.replace(made, scale=min(costs, key=lambda s: (costs[s], s)))


def _benches(made: Rates, seeds: Sequence[int], priors: Priors) -> Iterable[tuple[Campaign, Bench]]:
    for seed in seeds:
        world = make_world(seed)
        for epoch in range(FIRST, world.customs.epochs):
            known = dossiers(world, epoch)
            for campaign in (c for c in world.campaigns if c.epoch == epoch):
                yield campaign, seat(*sides(known, world, campaign), made, day(epoch), priors)


def rates_toml(rates: Rates) -> str:
    """The rates as TOML."""
    lines = [
        "# Learned on simulated actors. Written by the command below; do not edit.",
        f'command = "{rates.command}"',
        f"trials = {rates.trials}",
        f"scale = {rates.scale}",
        f"bound_bits = {rates.bound_bits}",
    ]
    for name, rate in sorted(rates.of.items()):
        lines += [
            "",
            f'[of."{name}"]',
            f"shown = [{rate.shown[0]}, {rate.shown[1]}]",
            f"half_life_days = {rate.half_life_days}",
            f"coincidence = [{rate.coincidence[0]}, {rate.coincidence[1]}]",
            f"claims = {rate.claims}",
        ]
    return "\n".join(lines) + "\n"
