"""PRADA: are the distances of an account's queries to its earlier ones normally distributed?"""

from __future__ import annotations

import importlib

import numpy as np

from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic, first_queries
from stillwatch.lab.compare.vectors import Ints, Matrix, Rarity, texts_of, vectors
from stillwatch.model.kernels.compiled import kernel

MOST = 2_000  # queries of an account that are looked at, its first ones


@peer(
    title="PRADA",
    source="Juuti, Szyller, Marchal, Asokan: PRADA, EuroS&P 2019, arXiv 1805.02628, and its reference code",
    reads=("prompt_text",),
    grid={"least": (10, 30, 100)},
    published={"least": 100},
    threshold=0.1,
    most_accounts=20_000,
    library="scipy",
)
def prada(traffic: Traffic, *, least: int) -> Floats:
    """1 − W, the Shapiro–Wilk statistic of minimum distances between an account's queries.

    Published: the distance of each query to the nearest of a growing set of earlier ones; a query joins the set if
    its distance is above the largest mean − standard deviation of joining distances so far; distances further than
    3 standard deviations from the mean are dropped; an account is an attacker if more than 100 are left and W < δ.
    The reference code has δ = 0.9, hence 0.1 here.
    Changed: text vectors in place of images, one growing set per account in place of one per predicted class,
    `least` in place of 100 (it is tuned, since few accounts make so many requests), the test once at the end and
    not after every tenth query.
    """
    shapiro = importlib.import_module("scipy.stats").shapiro
    rows = traffic.query(first_queries(MOST))
    texts = texts_of(rows, "prompt_text")
    points = vectors(texts, Rarity.measure(texts))
    account = rows["account"].to_numpy()
    scores = np.full(len(traffic.accounts), np.nan)
    starts = np.flatnonzero(np.diff(account, prepend=-1))
    for begin, end in zip(starts, [*starts[1:], len(account)], strict=True):
        kept = without_outliers(minimum_distances(points[begin:end]))
        if len(kept) >= max(least, 3) and np.ptp(kept) > 0:
            scores[account[begin]] = 1 - shapiro(kept).statistic
    return scores


def without_outliers(distances: Floats) -> Floats:
    """Distances less than three standard deviations from their mean."""
    if len(distances) == 0:
        return distances
    near = np.abs(distances - distances.mean()) < 3 * distances.std()
    return np.asarray(distances[near], np.float64)


def minimum_distances(points: Matrix) -> Floats:
    """Distance of each query but the first to the nearest of the growing set before it."""
    out = np.empty(max(len(points) - 1, 0), np.float64)
    if len(out):
        _grow(np.ascontiguousarray(points, np.float32), out, np.zeros(len(points), np.int64))
    return out


@kernel
def _grow(points: Matrix, out: Floats, held: Ints) -> None:
    size, border = 1, 0.0
    joined = np.zeros(len(points))  # the first query joins at distance 0
    for i in range(1, len(points)):
        nearest = np.inf
        for k in range(size):
            apart = np.float64(0)
            for d in range(points.shape[1]):
                apart += (points[i, d] - points[held[k], d]) ** 2
            nearest = min(nearest, apart)
        nearest = np.sqrt(nearest)
        out[i - 1] = nearest
        if nearest > border:
            held[size] = i
            joined[size] = nearest
            size += 1
            border = max(border, joined[:size].mean() - joined[:size].std())
