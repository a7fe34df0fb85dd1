"""One campaign against all profiles: posterior, intervals, leave-one-family-out, and where each actor stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from stillwatch.attribute.actors.kinds import FAMILIES
from stillwatch.attribute.actors.ladder import LadderSettings, Standing, standing
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.posterior import Bench, Fusion, Posterior, Priors
from stillwatch.attribute.actors.rates import Rates
from stillwatch.attribute.actors.weigh import Sighting, Weighed, weigh

SAME = 1e-9  # probabilities that differ by less are one number


@dataclass(frozen=True, slots=True)
class ActorSettings:
    """How actors are judged: priors, and what a name requires."""

    priors: Priors = field(default_factory=Priors)
    ladder: LadderSettings = field(default_factory=LadderSettings)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a campaign's actor. `spans` are intervals of the probabilities; `without` the posterior when
    one family is left out; `standings` the requirements of a name, by actor."""

    weighed: Mapping[str, Weighed]
    posterior: Posterior
    spans: Mapping[str, tuple[float, float]]
    without: Mapping[str, Posterior]
    standings: Mapping[str, Standing]

    @property
    def named(self) -> str:
        """The actor that may be named; empty if nobody may, which is the ordinary answer."""
        found = [name for name, s in self.standings.items() if s.named]
        return found[0] if len(found) == 1 else ""


Shown = Sequence[tuple[Statement, Sighting]]


def seat(
    distillers: Mapping[str, Shown], relays: Mapping[str, Shown], rates: Rates, when: date, priors: Priors
) -> Bench:
    """Every profile weighed against a campaign seen at `when`."""
    carried = [weigh(name, shown, rates, when) for name, shown in sorted(relays.items())]
    known = [weigh(name, shown, rates, when) for name, shown in sorted(distillers.items())]
    return Bench(known, carried, Fusion(rates.scale, rates.bound_bits), priors)


def decide(
    distillers: Mapping[str, Shown],
    relays: Mapping[str, Shown],
    rates: Rates,
    when: date,
    settings: ActorSettings | None = None,
) -> Verdict:
    """The verdict on a campaign seen at `when`, from what it shows of each profile's statements."""
    s = settings or ActorSettings()
    bench = seat(distillers, relays, rates, when, s.priors)
    weighed, carried = ({w.actor: w for w in side} for side in (bench.distillers, bench.relays))
    found = bench.posterior()
    used = [
        f for f in FAMILIES if any(any(w.families[f].own) for w in (*weighed.values(), *carried.values()))
    ]
    every = {f: bench.posterior(without=[f]) for f in FAMILIES}
    without = {f: p for f, p in every.items() if f in used or _differ(p, found)}
    spans = {row: _span(bench, found, row) for row in found.of}
    standings = {
        name: standing(w, found, spans[name][0], {f: p.of[name] for f, p in without.items()}, s.ladder)
        for name, w in weighed.items()
    }
    return Verdict({**weighed, **carried}, found, spans, without, standings)


def _span(bench: Bench, found: Posterior, row: str) -> tuple[float, float]:
    """The interval of a probability: its evidence at one end, everybody else's at the other."""
    ends = [bench.posterior(favour=row, end=end).of[row] for end in (1, 2)]
    return min(*ends, found.of[row]), max(*ends, found.of[row])


def _differ(one: Posterior, other: Posterior) -> bool:
    """Whether two posteriors are not the same but for rounding."""
    return any(abs(p - other.of[row]) > SAME for row, p in one.of.items())
