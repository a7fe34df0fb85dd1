"""Rate of scoring pairs, beside `bicm` and Splink on the same pairs: python bench/links.py [--accounts N].

Accounts that hold values of six kinds, one of each, drawn from a fixed seed; a tenth stand in groups of twenty who
share the values of five kinds. A value has at most twenty holders, so every method looks at the same pairs: those
that share a value. Ours is `validated_pairs`, with its null model, its tails and its false discovery rate. `bicm`
fits the bipartite configuration model, then gives each pair a Poisson p-value; Splink, trained before, gives each a
match weight. Their training is not in the rates, ours is. Rates are pairs a second of processor time.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from figures import Figure, best_seconds, finish, rival
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.pairs import validated_pairs
from stillwatch.model.families import KINDS, family_code
from stillwatch.store.duck import DuckTables, open_duck

HELD = ("address", "client", "email_domain", "phone", "instrument", "template")
MOST_HOLDERS = 20

Ints = NDArray[np.int64]


def drawn(accounts: int) -> Ints:
    """Values of each account, int64[N, kinds]: numbers that are the kind's own."""
    rng = np.random.default_rng(4)
    values = np.empty((accounts, len(HELD)), np.int64)
    weights = 1.0 / np.arange(1, MOST_HOLDERS + 1) ** 1.2
    for column in range(len(HELD)):
        holders = rng.choice(np.arange(1, len(weights) + 1), size=accounts, p=weights / weights.sum())
        values[rng.permutation(accounts), column] = np.repeat(np.arange(accounts), holders)[:accounts]
    for number, first in enumerate(range(0, accounts // 10, MOST_HOLDERS)):
        for column in rng.choice(len(HELD), size=5, replace=False):
            values[first : first + MOST_HOLDERS, column] = accounts + number
    return values


def put(t: DuckTables, values: Ints) -> Incidence:
    """The values as holdings of accounts that made one exchange each; their incidence."""
    n, kinds = values.shape
    codes = np.array([KINDS[name].code for name in HELD], np.int16)
    families = np.array([family_code(KINDS[name].family) for name in HELD], np.int16)
    rows = pa.table(
        {
            "account_id": np.repeat(np.arange(n), kinds),
            "family": np.tile(families, n),
            "kind": np.tile(codes, n),
            "value_key": values.reshape(-1),
            "n": np.ones(n * kinds, np.int32),
        }
    )
    t.put("holdings", rows)
    t.put("activity", pa.table({"account_id": np.arange(n), "n": np.ones(n, np.int32)}))
    return read_incidence(t)


def sharing(values: Ints) -> int:
    """How many pairs share a value."""
    pairs = [np.empty(0, np.int64)]
    for column in values.T:
        order = np.argsort(column, kind="stable")
        for step in range(1, MOST_HOLDERS):
            near, far = order[:-step], order[step:]
            same = column[near] == column[far]
            pairs.append(np.minimum(near, far)[same] * len(values) + np.maximum(near, far)[same])
    return len(np.unique(np.concatenate(pairs)))


def with_splink(values: Ints) -> tuple[float, float, int]:
    """Seconds to train, seconds to score, and how many pairs were scored."""
    logging.getLogger("splink").setLevel(logging.ERROR)  # it warns of levels that no training pair shows
    library, compare = importlib.import_module("splink"), importlib.import_module("splink.comparison_library")
    rows = pa.table({"unique_id": np.arange(len(values)), **dict(zip(HELD, values.T, strict=True))})
    settings = library.SettingsCreator(
        link_type="dedupe_only",
        comparisons=[compare.ExactMatch(c).configure(term_frequency_adjustments=True) for c in HELD],
        blocking_rules_to_generate_predictions=[library.block_on(c) for c in HELD],
    )
    began = time.process_time()
    linker: Any = library.Linker(library.DuckDBAPI().register(rows), settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for column in ("instrument", "address"):
        linker.training.estimate_parameters_using_expectation_maximisation(library.block_on(column))
    trained = time.process_time()
    scored = linker.inference.predict().as_pyarrow_table().num_rows
    return trained - began, time.process_time() - trained, scored


def with_bicm(values: Ints, folder: Path) -> dict[str, Any] | None:
    """What `bicm` finds of the same accounts and values."""
    n, kinds = values.shape
    numbers = values + np.arange(kinds) * 2 * n
    column = np.unique(numbers, return_inverse=True)[1].reshape(-1)
    file = folder / "edges.npz"
    np.savez(file, row=np.repeat(np.arange(n), kinds), column=column)
    return rival("bicm", file)


def main() -> None:
    """Score the pairs with each, print rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=5_000)
    asked = parser.parse_args()
    values = drawn(asked.accounts)
    pairs = sharing(values)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_duck(folder) as t:
            held = put(t, values)
            ours = pairs / best_seconds(lambda: validated_pairs(held))
            kept = len(validated_pairs(held))
        other = with_bicm(values, folder)
    trained, scored, theirs = with_splink(values)
    assert theirs == pairs
    print(f"{asked.accounts:,} accounts, {pairs:,} pairs that share a value")
    print(f"{'validated_pairs':18}{ours:12,.0f} pairs/s, {kept:,} pairs validated")
    print(f"{'Splink':18}{pairs / scored:12,.0f} pairs/s, after {trained:.1f} s of training")
    if other is not None:
        assert other["pairs"] == pairs
        rate = pairs / other["score_seconds"]
        print(
            f"{'bicm':18}{rate:12,.0f} pairs/s, after {other['fit_seconds']:.1f} s of fitting,"
            f" {other['validated']:,} pairs validated"
        )
    finish(
        [
            Figure(
                "pairs scored", ours, "pairs/s", "bicm", pairs / other["score_seconds"] if other else None
            ),
            Figure("pairs scored", ours, "pairs/s", "splink", pairs / scored),
        ],
        pairs=pairs,
        validated=kept,
        splink={"train_seconds": round(trained, 3), "score_seconds": round(scored, 3)},
        bicm=other,
    )


if __name__ == "__main__":
    main()
