"""Estimates of the fitted tables from traces: one function per table of `tables.py`."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from stillwatch.lab.fit.normal import Normal
from stillwatch.lab.fit.tables import Arrivals, Clients, Lengths, Rates, Turns
from stillwatch.lab.fit.traces import BIN_SECONDS, ClientBins

Reals = npt.NDArray[np.float64]
INPUT_STEPS, OUTPUT_STEPS, BANDS, CLIENT_STEPS = 65, 33, 12, 21
DAY, WEEK = 86_400, 7 * 86_400


def estimate_lengths(asked: Reals, answered: Reals) -> Lengths:
    """Quantiles of request lengths, and of answer lengths within bands of request length."""
    order = np.lexsort((np.arange(len(asked)), asked))
    bands = np.array_split(answered[order], BANDS)
    outputs = np.array([np.quantile(band, np.linspace(0, 1, OUTPUT_STEPS)) for band in bands])
    return Lengths(np.quantile(asked, np.linspace(0, 1, INPUT_STEPS)), outputs)


def estimate_clients(owner: npt.NDArray[np.int64], asked: Reals, answered: Reals) -> Clients:
    """Shares of the variance of lengths, as normal scores, that lie between clients; all clients weigh the
    same, and answers are ranked among those to requests of about the same length.
    """
    weights = 1 / np.bincount(owner)[owner]
    rank = _ranks(asked, weights)
    band = np.minimum((rank * BANDS).astype(np.int64), BANDS - 1)
    answer_rank = np.empty(len(answered))
    for b in range(BANDS):
        some = band == b
        answer_rank[some] = _ranks(answered[some], weights[some])
    return Clients(_between(owner, rank, weights), _between(owner, answer_rank, weights))


def _ranks(values: Reals, weights: Reals) -> Reals:
    """Weighted ranks, 0..1."""
    order = np.argsort(values, kind="stable")
    ends = np.cumsum(weights[order])
    out = np.empty(len(values))
    out[order] = (ends - weights[order] / 2) / ends[-1]
    return out


def _between(owner: npt.NDArray[np.int64], rank: Reals, weights: Reals) -> float:
    """Variance of the clients' means against the whole variance, of the normal scores."""
    score = Normal.table().score(rank)
    means = np.bincount(owner, score * weights) / np.bincount(owner, weights)
    return float(means.var() / np.average((score - means.mean()) ** 2, weights=weights))


def estimate_turns(counts: npt.NDArray[np.int64], *, gap_seconds: float, gap_spread: float) -> Turns:
    """Share of single turns, and a negative binomial over the turns beyond two by its first two moments."""
    beyond = counts[counts > 1] - 2.0
    mean, variance = float(beyond.mean()), float(beyond.var())
    shape = mean**2 / max(variance - mean, 0.05 * mean)
    return Turns(float((counts == 1).mean()), mean, shape, gap_seconds, gap_spread)


def requests_per_day(clients: list[ClientBins]) -> Reals:
    """Mean requests a day of each client between its first and its last bin."""
    spans = np.array([c.t[-1] - c.t[0] + BIN_SECONDS for c in clients])
    return np.asarray([c.rate.sum() for c in clients]) * (BIN_SECONDS * DAY / spans)


def estimate_rates(per_day: Reals) -> Rates:
    """Log-normal by the moments of the logarithm."""
    logs = np.log(per_day)
    return Rates(float(np.exp(logs.mean())), float(logs.std(ddof=1)))


def estimate_arrivals(clients: list[ClientBins]) -> Arrivals:
    """Burstiness of clients with 20 bins or more, rhythm of those with a week or more of bins."""
    bursty = np.array([np.median(c.cv) for c in clients if len(c.t) >= 20])
    regular = [c for c in clients if len(c.t) >= WEEK / BIN_SECONDS * 0.6]
    days = np.array([day_profile(c) for c in regular])
    steps = np.linspace(0, 1, CLIENT_STEPS)
    weekend = np.array([_weekend(c) for c in regular])
    return Arrivals(
        np.quantile(bursty, steps),
        np.quantile([swing_of(day) for day in days], steps),
        np.quantile(weekend[np.isfinite(weekend)], steps),
        _common_day(days),
    )


def steady_gaps(times: Reals, *, window: float = 30.0) -> Reals:
    """Gaps between requests relative to the mean gap of their window of seconds; windows of 20 gaps or
    more.
    """
    gaps, at = np.diff(times), (times[1:] // window).astype(np.int64)
    gaps, at = gaps[gaps < window], at[gaps < window]
    counts, sums = np.bincount(at), np.bincount(at, gaps)
    full = counts[at] >= 20
    return gaps[full] * counts[at][full] / sums[at][full]


def gamma_shape(values: Reals) -> float:
    """Shape of a Gamma distribution, close to maximum likelihood.

    Formula: Minka, Estimating a Gamma distribution, 2002.
    """
    positive = np.maximum(values, 1e-6)
    s = float(np.log(positive.mean()) - np.log(positive).mean())
    return (3 - s + math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)


def day_profile(client: ClientBins) -> Reals:
    """Mean rate by hour of the trace's clock, relative to the client's mean. Shape (24,)."""
    hour = (client.t // 3600 % 24).astype(np.int64)
    sums = np.bincount(hour, client.rate, minlength=24)
    return np.asarray(sums / max(sums.mean(), 1e-12))


def swing_of(day: Reals) -> float:
    """Amplitude of the wave, from the smoothed profile: 1 - lowest / highest."""
    smooth = _smoothed(day)
    return float(1 - smooth.min() / smooth.max())


def _smoothed(day: Reals) -> Reals:
    return np.asarray(np.mean([np.roll(day, shift) for shift in (-1, 0, 1)], axis=0))


def _common_day(days: Reals) -> Reals:
    """Median profile of the clients, each turned so that its quietest stretch comes first, mean 1."""
    turned = np.array([np.roll(day, -int(np.argmin(_smoothed(day)))) for day in days])
    middle = _smoothed(np.median(turned, axis=0))
    return np.asarray(middle / middle.mean())


def _weekend(client: ClientBins) -> float:
    """Mean rate on the two quietest consecutive days of the week against the other five; the trace names no
    days.
    """
    day = (client.t // DAY % 7).astype(np.int64)
    sums = np.bincount(day, client.rate, minlength=7)
    pairs = sums + np.roll(sums, -1)
    low = pairs.min() / 2
    rest = (sums.sum() - pairs.min()) / 5
    return float(low / rest) if rest > 0 else np.nan
