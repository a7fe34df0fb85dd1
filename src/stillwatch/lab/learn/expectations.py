"""Fit what hypotheses expect: beta distributions of the measurements, by the method of moments with shrinkage.

What the intent model says of the texts it was trained on is no measurement of what it will say of others (of the
harvests in training traffic 98% of the requests ask for training data by it, of those in texts of other sources 58%),
so expectations of it are fitted on traffic with texts that are `unseen` by it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow.parquet as pq

from stillwatch.attribute.features import FEATURES
from stillwatch.store.results import read_table

DISTILLATION = "distillation"
MIXED = "unrelated"
MAJORITY = 0.6
HYPOTHESIS_OF: Mapping[str, str] = MappingProxyType(
    {
        "carrier_nat": "shared_exit", "vpn_users": "shared_exit", "privacy_relay": "shared_exit",
        "holiday_tourists": "shared_exit",
        "corporate_fleet": "one_organization", "small_firm_card": "one_organization",
        "agency_card": "one_organization", "family_card": "one_organization", "team_key": "one_organization",
        "school_class": "class_or_event", "hackathon": "class_or_event", "online_course": "online_course",
        "open_source_app": "public_tool", "coding_agents": "public_tool", "reasoning_replay": "public_tool",
        "advertised_app": "advertised_app",
        "release_enthusiasts": "public_prompt", "public_templates": "public_prompt",
        "viral_prompt": "public_prompt",
        "evaluation_harness": "evaluation", "benchmark_suite": "evaluation",
        "batch_annotation": "batch_work", "rag_backfill": "batch_work", "data_pipelines": "batch_work",
        "own_synthetic_data": "permitted", "red_team": "permitted", "declared_reseller": "declared_reseller",
        "undeclared_relay": "undeclared_relay", "spam_ring": "spam_ring",
        "fallback_router": "own_gateway", "moved_house": "moved_house",
    }
)  # fmt: skip
UNSEEN = frozenset({"harvest_intent", "one_intent", "asking_spread"})  # what the intent model says
AMBIGUOUS = 0.2  # groups with a larger hostile minority teach nothing about the innocent


@dataclass(frozen=True, slots=True)
class Labelled:
    """A group with its true explanation and its measurements."""

    run: str
    campaign_id: str
    accounts: int
    hypothesis: str
    measured: Mapping[str, tuple[float, int]]


def labelled_groups(results: Path, truth: Path) -> list[Labelled]:
    """Groups of a scan, each explained by what most of its members are; without a majority, unrelated."""
    rows = pq.read_table(truth / "accounts.parquet", columns=["account_id", "cohort", "campaign"])
    known = {
        account: DISTILLATION if campaign else HYPOTHESIS_OF.get(cohort, MIXED)
        for account, cohort, campaign in zip(*(rows[c].to_pylist() for c in rows.column_names), strict=True)
    }
    members: dict[str, list[str]] = defaultdict(list)
    held = read_table(results, "members")
    for campaign, account in zip(
        held["campaign_id"].to_pylist(), held["account_id"].to_pylist(), strict=True
    ):
        members[campaign].append(known.get(account, MIXED))
    measured: dict[str, dict[str, tuple[float, int]]] = defaultdict(dict)
    for row in read_table(results, "measurements").to_pylist():
        measured[row["campaign_id"]][row["feature"]] = (row["value"], row["n"])
    out = []
    for campaign in sorted(members):
        counts, total = Counter(members[campaign]), len(members[campaign])
        top, n = counts.most_common(1)[0]
        label = top if n >= MAJORITY * total else MIXED
        if label != DISTILLATION and counts[DISTILLATION] > AMBIGUOUS * total:
            continue
        out.append(Labelled(str(results), campaign, total, label, measured[campaign]))
    return out


def distinct(groups: Iterable[Labelled]) -> list[Labelled]:
    """The groups, those alike in size and every measurement once."""
    found = {(g.hypothesis, g.accounts, tuple(sorted(g.measured.items()))): g for g in reversed(list(groups))}
    return list(reversed(found.values()))


@dataclass(frozen=True, slots=True)
class FitSettings:
    """`prior` groups of the pooled distribution are added to each fit; concentrations are kept in bounds; a
    hypothesis with fewer than `least` groups of a feature expects nothing of it."""

    prior: float = 2.0
    least: int = 3
    concentration: tuple[float, float] = (1.0, 20.0)


def fit(
    groups: Sequence[Labelled], settings: FitSettings | None = None, *, unseen: Sequence[Labelled] = ()
) -> dict[str, dict[str, tuple[float, float]]]:
    """{hypothesis: {feature: (mean, concentration)}}; every group counts once, whatever its size. The features of
    `UNSEEN` are fitted on the groups `unseen` where these can teach them."""
    s = settings or FitSettings()
    out: dict[str, dict[str, tuple[float, float]]] = {}
    for name in sorted({g.hypothesis for g in groups}):
        own = [g for g in groups if g.hypothesis == name]
        expects = {}
        for feature in FEATURES:
            values = np.array([g.measured[feature][0] for g in own if feature in g.measured])
            everywhere = np.array([g.measured[feature][0] for g in groups if feature in g.measured])
            if len(values) < s.least or len(everywhere) == 0:
                continue
            expects[feature] = _moments(values, everywhere, s)
        out[name] = expects
    for name, expects in fit(unseen, s).items() if unseen else ():
        out.setdefault(name, {}).update({f: pair for f, pair in expects.items() if f in UNSEEN})
    return out


def _moments(values: np.ndarray, everywhere: np.ndarray, s: FitSettings) -> tuple[float, float]:
    n = len(values)
    mean = (values.sum() + s.prior * everywhere.mean()) / (n + s.prior)
    mean = float(np.clip(mean, 0.02, 0.98))
    spread = (((values - mean) ** 2).sum() + s.prior * max(everywhere.var(), 0.02)) / (n + s.prior)
    concentration = mean * (1 - mean) / max(spread, 1e-6) - 1
    return round(mean, 3), round(float(np.clip(concentration, *s.concentration)), 2)
