"""A dataset is compared with the tables that it was, or was not, drawn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.fit.check import compare, mixture
from stillwatch.lab.fit.samplers import arrivals, burstiness, client_rates, day_curves, token_lengths

CLIENTS = 150


@pytest.fixture(scope="module")
def distances(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Distances of a dataset drawn from the samplers, one planted account left out."""
    rng = np.random.default_rng(8)
    per_day = client_rates(rng, CLIENTS, "developer")
    curves = day_curves(rng, CLIENTS, hours=72, phase=rng.uniform(0, 24, CLIENTS))
    cv = np.minimum(burstiness(rng, CLIENTS), 5)
    owner, at = arrivals(
        rng, per_day * 8, cv, days=3, curves=curves, curve=np.arange(CLIENTS, dtype=np.int32)
    )
    asked, said = token_lengths(rng, len(owner), "conversation")
    folder: Path = tmp_path_factory.mktemp("drawn")
    (folder / "truth").mkdir()
    names = [f"account-{i}" for i in range(CLIENTS)]
    rows = pa.table(
        {
            "account_id": [names[i] for i in owner],
            "ts": pa.array(at, pa.timestamp("us", "UTC")),
            "input_tokens": asked,
            "output_tokens": said,
            "conversation_id": [f"talk-{i // 3}" for i in range(len(owner))],
            "status": np.full(len(owner), 200, np.int16),
        }
    )
    pq.write_table(rows, folder / "exchanges.parquet")
    truth = pa.table({"account_id": names, "campaign": [None] * (CLIENTS - 1) + ["planted"]})
    pq.write_table(truth, folder / "truth" / "accounts.parquet")
    return {fit.name: fit.distance for fit in compare(folder)}


def test_what_was_drawn_from_the_tables_is_near(distances: dict[str, float]) -> None:
    """Lengths and rates as drawn."""
    assert next(d for name, d in distances.items() if name.startswith("request, against")) < 0.05
    assert distances["answer, against the same"] < 0.05
    assert distances["requests of a client, by its median"] < 0.25


def test_what_was_not_is_far(distances: dict[str, float]) -> None:
    """Talks of three turns each are nothing like the table's."""
    assert distances["turns of a conversation, against chat"] > 0.3


def test_shares_of_kinds_of_use_are_found_again() -> None:
    """Seven parts of conversation, three of service."""
    rng = np.random.default_rng(2)
    kinds = ("conversation", "code", "summarise", "service")
    drawn = np.array([token_lengths(rng, 20_000, kind) for kind in kinds], np.float64)
    pairs = np.concatenate(
        [token_lengths(rng, 7_000, "conversation"), token_lengths(rng, 3_000, "service")], axis=1
    )
    assert mixture(pairs.astype(float), drawn) == pytest.approx([0.7, 0, 0, 0.3], abs=0.03)
