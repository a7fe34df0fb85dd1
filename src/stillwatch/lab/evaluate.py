"""Results against ground truth: accounts, cohorts, campaigns and exchanges, with intervals over groups and seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stillwatch.lab.intervals import DRAWS, TAIL, Figure, Mean, Rate, mean, rate, share, tally
from stillwatch.lab.observe import Campaign, Observation, Pairs, observe

FOUND = (
    0.5  # a campaign is found if one found campaign holds at least this share of it, and is it to this share
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one or several runs of a scenario."""

    runs: tuple[str, ...]
    recall: Figure
    precision: Figure
    false_positives: Figure
    cohorts: dict[str, Figure]
    recall_by_campaign: dict[str, Figure]
    slices: dict[str, dict[str, dict[str, Figure]]]  # kind, value, recall or false_positives
    campaigns: tuple[Campaign, ...]
    campaigns_found: Figure
    completeness: Mean
    purity: Mean
    rand_index: Mean
    false_campaigns: Rate
    false_campaigns_benign: Rate  # in scans of data without an attack
    roles: dict[str, int]
    exchange_recall: Figure
    exchange_precision: Figure
    demixing_recall: Figure  # of relay accounts in found campaigns only
    demixing_precision: Figure
    traffic: dict[str, int]  # exchanges of those accounts by `true>called`


def evaluate(results: Sequence[Path], truths: Sequence[Path]) -> Evaluation:
    """Figures over runs: `results[i]` is a scan of the data whose truth is `truths[i]`.

    Raises `InputError` if a folder lacks the tables.
    """
    return pool([observe(r, t) for r, t in zip(results, truths, strict=True)])


def pool(runs: Sequence[Observation]) -> Evaluation:
    """Figures over the observations of several runs."""
    campaigns = tuple(c for run in runs for c in run.campaigns)
    found = [c for c in campaigns if c.found is not None]
    benign = [run for run in runs if not run.campaigns]
    return Evaluation(
        runs=tuple(run.run for run in runs),
        recall=_share(runs, "recall"),
        precision=_share(runs, "precision"),
        false_positives=_share(runs, "false_positives"),
        cohorts=_below(runs, "cohort/"),
        recall_by_campaign=_below(runs, "campaign/"),
        slices=_slices(runs),
        campaigns=campaigns,
        campaigns_found=_share_of(runs, _is_found),
        completeness=mean([c.completeness for c in campaigns]),
        purity=mean([c.purity for c in found]),
        rand_index=_rand_index([run.pairs for run in runs]),
        false_campaigns=rate(sum(run.false_campaigns for run in runs), len(runs)),
        false_campaigns_benign=rate(sum(run.false_campaigns for run in benign), len(benign)),
        roles=_sum([run.roles for run in runs]),
        exchange_recall=_share(runs, "exchange_recall"),
        exchange_precision=_share(runs, "exchange_precision"),
        demixing_recall=_share(runs, "demixing_recall"),
        demixing_precision=_share(runs, "demixing_precision"),
        traffic=_sum([run.traffic for run in runs]),
    )


def _sum(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return dict(sorted(sum((Counter(c) for c in counts), Counter()).items()))


def _share(runs: Sequence[Observation], name: str) -> Figure:
    return share([run.tallies.get(name, ()) for run in runs])


def _below(runs: Sequence[Observation], prefix: str) -> dict[str, Figure]:
    names = sorted({name for run in runs for name in run.tallies if name.startswith(prefix)})
    return {name.removeprefix(prefix): _share(runs, name) for name in names}


def _slices(runs: Sequence[Observation]) -> dict[str, dict[str, dict[str, Figure]]]:
    out: dict[str, dict[str, dict[str, Figure]]] = {}
    for name, figure in _below(runs, "slice/").items():
        kind, value, measure = name.split("/")
        out.setdefault(kind, {}).setdefault(value, {})[measure] = figure
    return out


def _is_found(campaign: Campaign) -> bool:
    return campaign.completeness >= FOUND and campaign.purity >= FOUND


def _share_of(runs: Sequence[Observation], is_so: Callable[[Campaign], bool]) -> Figure:
    """Share of the campaigns of which something is so; each campaign is a group."""
    return share([tally([is_so(c) for c in run.campaigns], [1] * len(run.campaigns)) for run in runs])


def _rand_index(runs: Sequence[Pairs]) -> Mean:
    """Adjusted Rand index over hostile or flagged accounts of all runs, its interval by drawing runs."""
    sums = np.array([(p.both, p.planted, p.found, p.accounts) for p in runs], np.float64)
    value = _adjusted(*sums.sum(axis=0).tolist())
    if value is None or len(runs) < 2:
        return Mean(value, -1.0, 1.0, len(runs))
    drawn = np.random.default_rng(1).integers(len(runs), size=(DRAWS, len(runs)))
    values = [v for v in (_adjusted(*row) for row in sums[drawn].sum(axis=1).tolist()) if v is not None]
    low, high = np.quantile(values, [TAIL, 1 - TAIL])
    return Mean(value, min(float(low), value), max(float(high), value), len(runs))


def _adjusted(both: float, planted: float, found: float, accounts: float) -> float | None:
    """Hubert and Arabie (1985); None with fewer than two accounts."""
    if accounts < 2:
        return None
    chance = planted * found / (accounts * (accounts - 1) / 2)
    most = (planted + found) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)
