"""Results against ground truth: accounts, cohorts, campaigns and exchanges, with intervals.

Intervals are percentile bootstraps over independent groups (a class, a firm, a campaign, an unrelated account) and
seeds, not over accounts: one mistake about a group is one mistake, however many accounts it touches. Where
nothing went wrong in n groups, the upper end is the Clopper–Pearson bound over groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.model.errors import InputError
from stillwatch.store.results import read_table

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with its 95% interval: `part` of `whole`, from `groups` independent groups."""

    part: int
    whole: int
    low: float
    high: float
    groups: int

    @property
    def value(self) -> float | None:
        """The share, None without data."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Campaign:
    """One planted campaign and the found one that holds most of it."""

    run: str
    campaign: str
    accounts: int
    found: str | None
    completeness: float
    purity: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one or several runs of a scenario."""

    runs: tuple[str, ...]
    recall: Figure
    precision: Figure
    false_positives: Figure
    cohorts: dict[str, Figure]
    recall_by_campaign: dict[str, Figure]
    campaigns: tuple[Campaign, ...]
    false_campaigns: int
    rand_index: float | None
    exchange_recall: Figure
    exchange_precision: Figure


@dataclass(frozen=True, slots=True)
class _Accounts:
    cohort: NDArray[np.object_]
    campaign: NDArray[np.object_]  # "" if innocent
    group: NDArray[np.object_]
    flagged: Flags
    found: NDArray[np.object_]  # id of the campaign that flags the account, "" if none


def evaluate(results: Sequence[Path], truths: Sequence[Path]) -> Evaluation:
    """Figures over runs: `results[i]` is a scan of the data whose truth is `truths[i]`.

    Raises `InputError` if a folder lacks the tables.
    """
    runs = [_accounts(r, t) for r, t in zip(results, truths, strict=True)]
    hostile = [a.campaign != "" for a in runs]
    campaigns = [c for r, a in zip(results, runs, strict=True) for c in _campaigns(r.name, a)]
    exchanges = [_exchanges(r, t) for r, t in zip(results, truths, strict=True)]
    return Evaluation(
        runs=tuple(str(r) for r in results),
        recall=_figure(runs, hostile, [a.flagged for a in runs]),
        precision=_figure(runs, [a.flagged for a in runs], hostile),
        false_positives=_figure(runs, [~h for h in hostile], [a.flagged for a in runs]),
        cohorts=_by(runs, [~h for h in hostile], [a.cohort for a in runs]),
        recall_by_campaign=_by(runs, hostile, [a.campaign for a in runs]),
        campaigns=tuple(campaigns),
        false_campaigns=sum(_false_campaigns(a) for a in runs),
        rand_index=_rand_index(runs),
        exchange_recall=_sum([e[0] for e in exchanges]),
        exchange_precision=_sum([e[1] for e in exchanges]),
    )


def _accounts(results: Path, truth: Path) -> _Accounts:
    known = _truth(truth, "accounts")
    members, campaigns = read_table(results, "members"), read_table(results, "campaigns")
    guilty = campaigns.filter(pc.equal(campaigns["verdict"], "distillation"))["campaign_id"]
    accused = members.filter(pc.is_in(members["campaign_id"], guilty.combine_chunks()))
    accused = accused.sort_by(
        [("account_id", "ascending"), ("p_member", "descending"), ("campaign_id", "ascending")]
    )
    at = np.asarray(pc.index_in(known["account_id"], accused["account_id"].combine_chunks()).fill_null(-1))
    ids = np.array([*accused["campaign_id"].to_pylist(), ""], dtype=object)
    group = known["group_id"] if "group_id" in known.column_names else known["account_id"]
    return _Accounts(
        cohort=_text(known["cohort"]),
        campaign=_text(known["campaign"]),
        group=_text(pc.fill_null(group, pa.scalar("")).combine_chunks()),
        flagged=at >= 0,
        found=ids[at],
    )


def _text(column: pa.ChunkedArray | pa.Array) -> NDArray[np.object_]:
    return np.array(pc.fill_null(column, "").to_pylist(), dtype=object)


def _truth(folder: Path, name: str) -> pa.Table:
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise InputError(
            "no such file", where=str(path), remedy="Give the `truth` folder that `stillwatch simulate` wrote"
        )
    return pq.read_table(path)


def _figure(runs: Sequence[_Accounts], whole: Sequence[Flags], part: Sequence[Flags]) -> Figure:
    """Share of `whole` that is `part`, bootstrapped over groups of all runs."""
    parts: list[Floats] = []
    wholes: list[Floats] = []
    for run, a in enumerate(runs):
        inside = whole[run]
        if not inside.any():
            continue
        _, code = np.unique(a.group[inside].astype(str), return_inverse=True)
        wholes.append(np.bincount(code).astype(np.float64))
        parts.append(np.bincount(code, weights=part[run][inside].astype(np.float64)).astype(np.float64))
    return _interval(np.concatenate(parts or [np.empty(0)]), np.concatenate(wholes or [np.empty(0)]))


def _interval(part: Floats, whole: Floats) -> Figure:
    groups = len(whole)
    k, n = int(part.sum()), int(whole.sum())
    if groups == 0:
        return Figure(0, 0, 0.0, 1.0, 0)
    if k in (0, n):
        bound = 1 - 0.025 ** (1 / groups)
        return Figure(k, n, 0.0 if k == 0 else 1 - bound, bound if k == 0 else 1.0, groups)
    draws = np.random.default_rng(1).multinomial(groups, np.full(groups, 1 / groups), size=DRAWS)
    shares = (draws @ part) / np.maximum(draws @ whole, 1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return Figure(k, n, float(low), float(high), groups)


def _by(
    runs: Sequence[_Accounts], whole: Sequence[Flags], names: Sequence[NDArray[np.object_]]
) -> dict[str, Figure]:
    out = {}
    for name in sorted({str(n) for w, column in zip(whole, names, strict=True) for n in set(column[w])}):
        inside = [w & (column == name) for w, column in zip(whole, names, strict=True)]
        out[name] = _figure(runs, inside, [a.flagged for a in runs])
    return out


def _campaigns(run: str, a: _Accounts) -> list[Campaign]:
    out = []
    for name in sorted(set(a.campaign[a.campaign != ""])):
        planted = a.campaign == name
        ids, counts = np.unique(a.found[planted & a.flagged].astype(str), return_counts=True)
        if len(ids) == 0:
            out.append(Campaign(run, str(name), int(planted.sum()), None, 0.0, 0.0))
            continue
        best = str(ids[counts.argmax()])
        held = a.found == best
        out.append(
            Campaign(
                run,
                str(name),
                int(planted.sum()),
                best,
                float(counts.max() / planted.sum()),
                float((held & planted).sum() / held.sum()),
            )
        )
    return out


def _false_campaigns(a: _Accounts) -> int:
    """Found campaigns of which less than half the accounts are hostile."""
    ids = {str(i) for i in a.found if i}
    return sum(bool((a.campaign[a.found == i] != "").mean() < 0.5) for i in ids)


def _rand_index(runs: Sequence[_Accounts]) -> float | None:
    """Adjusted Rand index (Hubert and Arabie, 1985) over hostile or flagged accounts."""
    left, right = [], []
    for run, a in enumerate(runs):
        asked = (a.campaign != "") | a.flagged
        left += [f"{run}/{c}" if c else f"{run}/-{i}" for i, c in enumerate(a.campaign[asked])]
        right += [f"{run}/{f}" if f else f"{run}/-{i}" for i, f in enumerate(a.found[asked])]
    if len(left) < 2:
        return None
    _, x = np.unique(left, return_inverse=True)
    _, y = np.unique(right, return_inverse=True)
    _, cells = np.unique(x.astype(np.int64) * (y.max() + 1) + y, return_counts=True)
    both, a_, b_ = _pairs(cells), _pairs(np.bincount(x)), _pairs(np.bincount(y))
    chance = a_ * b_ / (len(left) * (len(left) - 1) / 2)
    most = (a_ + b_) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def _pairs(counts: Ints) -> float:
    return float((counts * (counts - 1) / 2).sum())


def _exchanges(results: Path, truth: Path) -> tuple[tuple[int, int], tuple[int, int]]:
    planted = _truth(truth, "exchanges")["exchange_id"]
    rows = read_table(results, "campaign_exchanges")
    found = rows.filter(pc.equal(rows["role"], "harvest"))["exchange_id"]
    if len(found) == 0:
        return (0, len(planted)), (0, 0)
    unique = pc.unique(found)
    hits = int(pc.sum(pc.is_in(unique, pc.unique(planted))).as_py() or 0)
    return (hits, len(planted)), (hits, len(unique))


def _sum(counts: Sequence[tuple[int, int]]) -> Figure:
    return _interval(np.array([c[0] for c in counts], float), np.array([c[1] for c in counts], float))
