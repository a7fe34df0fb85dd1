"""Fit what hypotheses expect: mixtures of the measurements, by expectation and maximisation with shrinkage.

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
from numpy.typing import NDArray

from stillwatch.attribute.expectation import STEPS, Given, parts
from stillwatch.attribute.features import FEATURES
from stillwatch.store.results import read_table

Floats = NDArray[np.float64]

DISTILLATION = "distillation"
RELAY = "undeclared_relay"
RELAYED = frozenset({"crossed", "failed_over", "taken_over"})  # what a relay does with what it is sent
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
    """Polynomials of `degree`; `prior` groups, half of them of the pooled distribution and half of an even one, are
    added to each fit; a hypothesis with fewer than `least` groups of a feature expects nothing of it."""

    degree: int = 8
    prior: float = 2.0
    least: int = 3
    rounds: int = 100
    digits: int = 4


def fit(
    groups: Sequence[Labelled], settings: FitSettings | None = None, *, unseen: Sequence[Labelled] = ()
) -> dict[str, dict[str, Given]]:
    """{hypothesis: {feature: shares}}; every group counts once, whatever its size. The features of `UNSEEN` are fitted
    on the groups `unseen` where these can teach them."""
    s = settings or FitSettings()
    out: dict[str, dict[str, Given]] = defaultdict(dict)
    density = parts(s.degree + 3)
    even = np.full(len(density), 1 / len(density))
    names = sorted({g.hypothesis for g in groups})
    for feature in FEATURES:
        known = [(g.hypothesis, g.measured[feature][0]) for g in groups if feature in g.measured]
        everywhere = _shares([value for _, value in known], even, density, s)
        prior = s.prior * (everywhere + even) / 2
        for name in names:
            values = [value for own, value in known if own == name]
            if len(values) >= s.least:
                out[name][feature] = tuple(_shares(values, prior, density, s).round(s.digits).tolist())
    for name, expects in fit(unseen, s).items() if unseen else ():
        out[name].update({f: given for f, given in expects.items() if f in UNSEEN})
    _by_way_of_a_relay(out)
    return {name: out[name] for name in sorted({*names, *out})}


def _by_way_of_a_relay(expects: dict[str, dict[str, Given]]) -> None:
    """A harvest is sent directly or by way of a relay, whose accounts carry on one another's conversations and send one
    another's requests again. How many are is not known, and training traffic has few of the second kind: half."""
    harvest, relay = expects.get(DISTILLATION, {}), expects.get(RELAY, {})
    for feature in RELAYED & harvest.keys() & relay.keys():
        harvest[feature] = tuple((a + b) / 2 for a, b in zip(harvest[feature], relay[feature], strict=True))


def _shares(values: Sequence[float], prior: Floats, density: Floats, s: FitSettings) -> Floats:
    """Shares of the parts that make the values likeliest, each part with `prior` groups of its own beforehand.

    Source: Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the EM algorithm", 1977.
    """
    at, count = np.unique(np.rint(np.array(values, np.float64) * STEPS).astype(np.int64), return_counts=True)
    own = density[:, at]
    shares = np.full(len(density), 1 / len(density))
    for _ in range(s.rounds):
        each = shares[:, None] * own
        shares = (each / each.sum(axis=0) * count).sum(axis=1) + prior
        shares /= shares.sum()
    return shares
