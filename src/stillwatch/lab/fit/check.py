"""Compares the innocent traffic of a simulated dataset with the fitted distributions.

::

    python -m stillwatch.lab.fit.check DATASET [--plot FILE]

Prints a table of Kolmogorov–Smirnov distances. Look-alike cohorts are meant to differ from everyday use, so
no row is expected to be zero; a row above 0.1, in a dataset of ten thousand accounts, is worth a look.
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

from stillwatch.lab.fit.estimate import DAY, swing_of
from stillwatch.lab.fit.plot import Panel, draw
from stillwatch.lab.fit.report import Fit, distances
from stillwatch.lab.fit.samplers import burstiness, client_rates, day_curves, sessions, token_lengths
from stillwatch.lab.fit.tables import rates
from stillwatch.lab.fit.traces import BIN_SECONDS
from stillwatch.lab.population.families import FAMILIES
from stillwatch.lab.population.schedule import MOST_BURSTY

Reals = npt.NDArray[np.float64]
COLUMNS = ("account_id", "ts", "input_tokens", "output_tokens", "conversation_id", "status")
DRAWS = 20_000
MOST_OF_ONE = 200  # requests of an account whose lengths are compared
BUSY_BIN = 20  # requests in ten minutes to speak of gaps
ACTIVE_BINS = 100  # stretches of ten minutes with requests to speak of a daily wave
BINS_PER_DAY = DAY // BIN_SECONDS
CELLS, ROUNDS = 40, 200  # of the grid on which shares of kinds are found, and steps taken


def compare(dataset: Path) -> Iterator[Fit]:
    """Comparisons of the accounts without a campaign with the tables."""
    rng = np.random.default_rng(3)
    rows = _innocent(dataset)
    yield from _lengths(_some_of_each(rows.filter(pc.equal(rows["status"], 200)), rng), rng)
    talks = (
        rows.filter(pc.and_(pc.is_valid(rows["conversation_id"]), pc.equal(rows["status"], 200)))
        .group_by("conversation_id")
        .aggregate([([], "count_all")])
    )
    if len(talks) > 1:
        drawn = sessions(rng, DRAWS, "chat").astype(float)
        yield Fit("turns of a conversation, against chat", "turns", _reals(talks, "count_all"), drawn)
    owner, at = _owners(rows)
    days = (at.max() - at.min()) / 86_400
    counts = np.bincount(owner) / days
    relative = client_rates(rng, DRAWS, "developer") / rates("developer").median_per_day
    yield Fit("requests of a client, by its median", "times", counts / np.median(counts), relative)
    bursts, expected = _burstiness(owner, at, rng)
    if len(bursts) > 1:
        yield Fit("burstiness in busy ten minutes", "cv", bursts, expected)
    waves, expected = _swings(owner, at, rng)
    if len(waves) > 1:
        yield Fit("amplitude of the day", "share", waves, expected)


def _lengths(answered: pa.Table, rng: np.random.Generator) -> Iterator[Fit]:
    """Requests and answers against a mixture of the tables: what shares the kinds of use have is taken from the
    rows, the same shares for requests and answers.
    """
    asked, said = _reals(answered, "input_tokens"), _reals(answered, "output_tokens")
    drawn = np.array([token_lengths(rng, DRAWS, kind) for kind in FAMILIES], np.float64)
    shares = mixture(np.stack([asked, said]), drawn)
    mixed = np.concatenate(
        [pair[:, : round(DRAWS * share)] for pair, share in zip(drawn, shares, strict=True)], axis=1
    )
    name = ", ".join(f"{kind} {share:.0%}" for kind, share in zip(FAMILIES, shares, strict=True))
    yield Fit(f"request, against {name}", "tokens", asked, mixed[0])
    yield Fit("answer, against the same", "tokens", said, mixed[1])


def mixture(pairs: Reals, drawn: Reals) -> Reals:
    """Shares of k samples `drawn` (k, 2, draws) whose mixture is likeliest to give the `pairs` (2, n), by
    expectation and maximisation over cells of a grid of logarithms.
    """
    edges = [np.log1p(np.quantile(drawn[:, axis], np.linspace(0, 1, CELLS + 1)[1:-1])) for axis in (0, 1)]

    def cells(sample: Reals) -> Reals:
        place = [np.searchsorted(edges[axis], np.log1p(sample[axis])) for axis in (0, 1)]
        counts = np.bincount(place[0] * CELLS + place[1], minlength=CELLS**2)
        return np.asarray(counts / sample.shape[1])

    observed = cells(pairs)
    known = np.array([cells(sample) for sample in drawn]) + 1e-9
    shares = np.full(len(known), 1 / len(known))
    for _ in range(ROUNDS):
        shares = shares * (known @ (observed / (shares @ known)))
        shares /= shares.sum()
    return shares


def _innocent(dataset: Path) -> pa.Table:
    """Exchanges of accounts outside all campaigns, ordered by account and time."""
    truth = pq.read_table(dataset / "truth" / "accounts.parquet", columns=["account_id", "campaign"])
    rows = pq.read_table(dataset / "exchanges.parquet", columns=list(COLUMNS))
    planted = truth.filter(pc.is_valid(truth["campaign"]))["account_id"]
    kept = rows.filter(pc.invert(pc.is_in(rows["account_id"], planted.combine_chunks())))
    return kept.sort_by([("account_id", "ascending"), ("ts", "ascending")])


def _some_of_each(rows: pa.Table, rng: np.random.Generator) -> pa.Table:
    """At most `MOST_OF_ONE` rows of each account, so that no customer is the distribution."""
    rows = rows.take(pa.array(rng.permutation(len(rows)))).sort_by("account_id")
    owner, _ = _owners(rows)
    return rows.filter(pa.array(np.arange(len(owner)) - np.searchsorted(owner, owner) < MOST_OF_ONE))


def _reals(rows: pa.Table, column: str) -> Reals:
    return np.asarray(rows[column].drop_null().to_numpy(), np.float64)


def _owners(rows: pa.Table) -> tuple[npt.NDArray[np.int64], Reals]:
    """Number of the account and seconds, in order by account and time."""
    owner = rows["account_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    return owner.astype(np.int64), rows["ts"].cast(pa.int64()).to_numpy() / 1e6


def _burstiness(owner: npt.NDArray[np.int64], at: Reals, rng: np.random.Generator) -> tuple[Reals, Reals]:
    """Coefficient of variation of the gaps in each account's busy stretches of ten minutes, median per account;
    and what the same measurement gives for as many gaps of clients drawn from the table.

    A trace's client has thousands of requests in ten minutes, a simulated one dozens: the coefficient of few gaps
    is lower, so both have to be measured alike, and nobody is drawn above `MOST_BURSTY`.
    """
    stretch = owner * 10_000_000 + (at // BIN_SECONDS).astype(np.int64)
    starts = np.flatnonzero(np.diff(stretch, prepend=-1))
    sizes = np.diff(np.append(starts, len(stretch)))
    busy: dict[int, list[tuple[int, int]]] = {}
    for start, size in zip(starts[sizes >= BUSY_BIN], sizes[sizes >= BUSY_BIN], strict=True):
        busy.setdefault(int(owner[start]), []).append((start, size))
    shape = 1 / np.minimum(burstiness(rng, len(busy)), MOST_BURSTY) ** 2
    found, expected = [], []
    for stretches, k in zip(busy.values(), shape, strict=True):
        found.append(np.median([_variation(np.diff(at[a : a + n])) for a, n in stretches]))
        expected.append(np.median([_variation(rng.gamma(k, 1 / k, n - 1) + 1e-6) for _, n in stretches]))
    return np.array(found), np.array(expected)


def _variation(gaps: Reals) -> float:
    return float(gaps.std() / max(gaps.mean(), 1e-9))


def _swings(owner: npt.NDArray[np.int64], at: Reals, rng: np.random.Generator) -> tuple[Reals, Reals]:
    """Amplitude of the daily wave of each account that is often active; and what the same measurement gives for
    as many stretches of clients drawn from the table.

    Counted are stretches of ten minutes with requests, not requests: one long session is no wave.
    """
    accounts = int(owner.max()) + 1
    active = np.unique(owner * 10_000_000 + (at // BIN_SECONDS).astype(np.int64))
    hours = np.zeros((accounts, 24))
    np.add.at(hours, (active // 10_000_000, active % 10_000_000 % BINS_PER_DAY * 24 // BINS_PER_DAY), 1)
    found = hours[hours.sum(axis=1) >= ACTIVE_BINS]
    curves = day_curves(rng, len(found), hours=24, phase=np.zeros(len(found))).astype(np.float64)
    sizes = found.sum(axis=1).astype(np.int64)
    expected = [rng.multinomial(n, curve / curve.sum()) for n, curve in zip(sizes, curves, strict=True)]
    return np.array([swing_of(day) for day in found]), np.array(
        [swing_of(day.astype(np.float64)) for day in expected]
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--plot", type=Path, help="draw the distributions into this PNG file")
    chosen = parser.parse_args()
    fits = list(compare(chosen.dataset))
    sys.stdout.write(distances(fits, samples=("simulated", "traces")))
    if chosen.plot:
        draw([Panel(fit.name, fit.unit, fit.drawn, fit.real, fit.distance) for fit in fits], chosen.plot)


if __name__ == "__main__":
    main()
