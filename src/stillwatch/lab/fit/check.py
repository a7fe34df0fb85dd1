"""Compares the innocent traffic of a simulated dataset with the fitted distributions.

::

    python -m stillwatch.lab.fit.check DATASET

Prints a table of Kolmogorov–Smirnov distances. Look-alike cohorts are meant to differ from everyday use, so
no row is expected to be near zero; a row near one is worth a look.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.lab.fit.estimate import gamma_shape, swing_of
from stillwatch.lab.fit.report import Fit, distances
from stillwatch.lab.fit.samplers import burstiness, client_rates, draw_quantiles, sessions, token_lengths
from stillwatch.lab.fit.tables import arrivals

Reals = npt.NDArray[np.float64]
COLUMNS = ("account_id", "ts", "input_tokens", "output_tokens", "conversation_id", "status")
DRAWS = 20_000
BUSY_BIN, BUSY_DAYS = (
    20,
    400,
)  # requests in ten minutes to speak of gaps, in the window to speak of a daily wave


def compare(dataset: Path) -> Iterator[Fit]:
    """Comparisons of the accounts without a campaign with the tables."""
    rng = np.random.default_rng(3)
    rows = _innocent(dataset)
    answered = rows.filter(pc.equal(rows["status"], 200))
    asked, said = token_lengths(rng, DRAWS, "conversation")
    yield Fit(
        "request, against conversation", "tokens", _reals(answered, "input_tokens"), asked.astype(float)
    )
    yield Fit("answer, against conversation", "tokens", _reals(answered, "output_tokens"), said.astype(float))
    talks = (
        rows.filter(pc.is_valid(rows["conversation_id"]))
        .group_by("conversation_id")
        .aggregate([([], "count_all")])
    )
    if len(talks) > 1:
        yield Fit(
            "turns, against chat",
            "turns",
            _reals(talks, "count_all"),
            sessions(rng, DRAWS, "chat").astype(float),
        )
    owner, at = _owners(rows)
    days = (at.max() - at.min()) / 86_400
    counts = np.bincount(owner) / days
    relative = client_rates(rng, DRAWS, "developer") / np.median(client_rates(rng, DRAWS, "developer"))
    yield Fit("requests of a client, by its median", "times", counts / np.median(counts), relative)
    bursts, waves = _burstiness(owner, at), _swings(owner, at)
    if len(bursts) > 1:
        yield Fit("burstiness in busy ten minutes", "cv", bursts, burstiness(rng, DRAWS))
    if len(waves) > 1:
        yield Fit("amplitude of the day", "share", waves, draw_quantiles(rng, DRAWS, arrivals().swing))


def _innocent(dataset: Path) -> pa.Table:
    """Exchanges of accounts outside all campaigns, ordered by account and time."""
    truth = pq.read_table(dataset / "truth" / "accounts.parquet", columns=["account_id", "campaign"])
    rows = pq.read_table(dataset / "exchanges.parquet", columns=list(COLUMNS))
    planted = truth.filter(pc.is_valid(truth["campaign"]))["account_id"]
    kept = rows.filter(pc.invert(pc.is_in(rows["account_id"], planted.combine_chunks())))
    return kept.sort_by([("account_id", "ascending"), ("ts", "ascending")])


def _reals(rows: pa.Table, column: str) -> Reals:
    return np.asarray(rows[column].drop_null().to_numpy(), np.float64)


def _owners(rows: pa.Table) -> tuple[npt.NDArray[np.int64], Reals]:
    """Number of the account and seconds, in order by account and time."""
    owner = rows["account_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    return owner.astype(np.int64), rows["ts"].cast(pa.int64()).to_numpy() / 1e6


def _burstiness(owner: npt.NDArray[np.int64], at: Reals) -> Reals:
    """Coefficient of variation of the gaps in each account's busy stretches of ten minutes; median per
    account.
    """
    stretch = owner * 10_000_000 + (at // 600).astype(np.int64)
    starts = np.flatnonzero(np.diff(stretch, prepend=-1))
    sizes = np.diff(np.append(starts, len(stretch)))
    busy: dict[int, list[float]] = {}
    for start, size in zip(starts[sizes >= BUSY_BIN], sizes[sizes >= BUSY_BIN], strict=True):
        gaps = np.diff(at[start : start + size])
        busy.setdefault(int(owner[start]), []).append(gamma_shape(gaps) ** -0.5)
    return np.array([np.median(found) for found in busy.values()])


def _swings(owner: npt.NDArray[np.int64], at: Reals) -> Reals:
    """Amplitude of the daily wave of each account with enough requests."""
    hours = np.zeros((int(owner.max()) + 1, 24))
    np.add.at(hours, (owner, (at // 3600 % 24).astype(np.int64)), 1)
    return np.array([swing_of(day) for day in hours[hours.sum(axis=1) >= BUSY_DAYS]])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    sys.stdout.write(distances(list(compare(parser.parse_args().dataset))))


if __name__ == "__main__":
    main()
