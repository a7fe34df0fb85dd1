"""SEAT: how many pairs of an account's queries are alike?"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic, first_queries
from stillwatch.lab.compare.vectors import Matrix, Rarity, texts_of, vectors

MOST = 2_000  # queries of an account that are looked at, its first ones


@peer(
    title="SEAT, pair counts",
    source="Zhang, Chen, Wagner: SEAT, AISec 2021",
    reads=("prompt_text",),
    grid={"similarity": (0.95, 0.9, 0.8, 0.65, 0.5)},
    most_accounts=20_000,
)
def seat(traffic: Traffic, *, similarity: float) -> Floats:
    """Number of pairs of an account's queries that are at least so similar.

    Published: an encoder trained by adversarial training; a query that is closer to an earlier one of its account
    than a threshold makes a pair, and the account is cancelled once it has too many pairs.
    Changed: cosine of text vectors in place of the learned encoder, the similarity and the number of pairs tuned,
    all pairs of an account's first 2,000 queries in place of a buffer. Both numbers depend on the encoder, so
    there is no published threshold to carry over.
    """
    rows = traffic.query(first_queries(MOST))
    texts = texts_of(rows, "prompt_text")
    points = vectors(texts, Rarity.measure(texts))
    account = rows["account"].to_numpy()
    scores = np.full(len(traffic.accounts), np.nan)
    starts = np.flatnonzero(np.diff(account, prepend=-1))
    for begin, end in zip(starts, [*starts[1:], len(account)], strict=True):
        if end - begin > 1:
            scores[account[begin]] = similar_pairs(points[begin:end], similarity)
    return scores


def similar_pairs(points: Matrix, similarity: float, *, block: int = 1_000) -> int:
    """Pairs of rows whose product is at least `similarity`."""
    found = 0
    for first in range(0, len(points), block):
        product = points[first : first + block] @ points[first:].T
        upper = np.arange(product.shape[1])[None, :] > np.arange(product.shape[0])[:, None]
        found += int(((product >= similarity) & upper).sum())
    return found
