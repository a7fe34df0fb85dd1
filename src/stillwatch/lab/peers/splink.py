"""Splink: which account records belong to one entity?"""

from __future__ import annotations

import importlib
import logging
from typing import Any

import numpy as np

from stillwatch.lab.compare.clusters import cluster_scores
from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic

PAIRS = 1e6  # random pairs from which chance agreement is estimated
_NET = r"'^([0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F]*)'"
NETWORK = f"nullif(regexp_extract(signup_address, {_NET}), '')"
COMPARED = ("payment_fingerprint", "phone_digest", "email_domain", "email_pattern", "network", "signup_ja4")
BLOCKS = (
    ("payment_fingerprint",),
    ("phone_digest",),
    ("network",),
    ("email_domain", "email_pattern"),
    ("signup_ja4", "created_hour"),
)
TRAINED_ON = (("payment_fingerprint",), ("email_domain", "email_pattern"))


@peer(
    title="Splink as linker",
    source="Linacre, Lindsay, Manassis, Slade, Hepworth: Splink, 2022; the library itself, version 5",
    reads=("accounts.created_at",),
    grid={"smallest": (2, 5, 20)},
    published={"smallest": 2},
    threshold=4.248,
    library="splink",
)
def splink(traffic: Traffic, *, smallest: int) -> Floats:
    """Match weight, in bits, at which an account still is in a cluster of `smallest` accounts.

    Published: the Fellegi–Sunter model of record linkage; chance agreement from random pairs, agreement of matches
    by expectation maximisation, values weighted by their frequency; records are clustered at a match probability,
    0.95 in the tutorial, which is 4.248 bits.
    Changed: nothing in the library. Pairs below 0 bits, more likely two entities than one, are no links: the model is
    trained on each data set anew, and such weights do not carry over. Records are sign-ups; which columns are compared
    and which pairs are looked at is our choice. A cluster is an accusation here; to Splink it is an entity. Levels that
    no training pair shows keep the library's defaults, as does the prior of 1 in 10,000.
    """
    rows = traffic.query(
        f"select account as unique_id, {', '.join(COMPARED).replace('network', f'{NETWORK} as network')}, created_at, "
        "epoch_us(created_at) // 3600000000 as created_hour from accounts order by account"
    )
    linker = _linker(rows)
    pairs = linker.inference.predict(threshold_match_weight=0).as_pyarrow_table()
    left, right = (pairs[name].to_numpy().astype(np.int64) for name in ("unique_id_l", "unique_id_r"))
    weight = pairs["match_weight"].to_numpy().astype(np.float64)
    return cluster_scores(len(traffic.accounts), left, right, weight, smallest=smallest)


def _linker(rows: Any) -> Any:
    """A trained linker."""
    logging.getLogger("splink").setLevel(logging.ERROR)  # what it warns of is in the docstring above
    library = importlib.import_module("splink")
    compare = importlib.import_module("splink.comparison_library")
    failed = importlib.import_module("splink.internals.exceptions").EMTrainingException
    comparisons = [compare.ExactMatch(c).configure(term_frequency_adjustments=True) for c in COMPARED]
    comparisons.append(
        compare.AbsoluteTimeDifferenceAtThresholds(
            "created_at", input_is_string=False, metrics=["hour", "day"], thresholds=[1, 1]
        )
    )
    settings = library.SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[library.block_on(*columns) for columns in BLOCKS],
    )
    records = library.DuckDBAPI().register(rows)
    linker = library.Linker(records, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=PAIRS, seed=1)
    for columns in TRAINED_ON:
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(library.block_on(*columns))
        except failed:
            continue  # no two accounts agree there; what is not estimated keeps the library's defaults
    return linker
