"""The figures of attribution: costs of the likelihood ratios, who was named, what a false flag does, what is linked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stillwatch.attribute.actors.rates import Rates
from stillwatch.lab.attribution.trials import (
    CONDITIONS,
    PAIRS,
    Linked,
    Outcome,
    Trials,
    judge_world,
    link_world,
)
from stillwatch.lab.attribution.world import Customs
from stillwatch.lab.intervals import Figure, Tally, share, tally
from stillwatch.lab.reliability.measures import Bin, Measure, cllr, cllr_min, measure, reliability

HARDER = Customs(
    change=(0.2, 0.85), relayed=0.75, public=0.5, rents=0.8, stolen=0.06, overrated=0.2, imitations=4
)
UNRELIABLE = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """One condition: campaigns; shares of them for which the actor was named, somebody else was, nobody was, and for
    which somebody else was likelier than not; mean probability of its actor."""

    condition: str
    campaigns: int
    right: Figure
    wrong: Figure
    nobody: Figure
    blamed: Figure
    own: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one set of worlds."""

    title: str
    seeds: Sequence[int]
    costs: Sequence[Measure]
    bins: Sequence[Bin]
    rows: Sequence[Row]
    linked: Mapping[str, Figure]


def figures(title: str, seeds: Sequence[int], rates: Rates, customs: Customs | None = None) -> Figures:
    """Figures of the worlds with these seeds."""
    trials = [judge_world(seed, rates, customs) for seed in seeds]
    runs = [t.judged for t in trials]
    linked = [link_world(seed, customs) for seed in seeds]
    return Figures(
        title,
        seeds,
        [measure("Cllr", cllr, runs, 0.0), measure("Cllr_min", cllr_min, runs, 0.0)],
        reliability(runs, 0.0),
        [_row(name, trials) for name in CONDITIONS],
        {kind: _linked(kind, linked) for kind in PAIRS},
    )


def _row(condition: str, trials: Sequence[Trials]) -> Row:
    runs = [[o for o in t.outcomes if o.condition == condition] for t in trials]
    whole = [o for run in runs for o in run]
    return Row(
        condition,
        len(whole),
        _share(runs, lambda o: o.named != "" and o.named == o.actor),
        _share(runs, lambda o: o.named not in ("", o.actor)),
        _share(runs, lambda o: o.named == ""),
        _share(runs, lambda o: o.blamed > UNRELIABLE),
        sum(o.own for o in whole) / max(len(whole), 1),
    )


def _share(runs: Iterable[Sequence[Outcome]], is_so: Callable[[Outcome], bool]) -> Figure:
    return share([tally([int(is_so(o)) for o in run], [1] * len(run)) for run in runs])


def _linked(kind: str, worlds: Iterable[Sequence[Linked]]) -> Figure:
    found = [next(one for one in world if one.kind == kind) for world in worlds]
    return share([[Tally(1, 1, one.tied), Tally(0, 1, one.pairs - one.tied)] for one in found])
