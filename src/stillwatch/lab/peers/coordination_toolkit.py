"""coordination-network-toolkit: accounts that send similar messages within a minute."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic
from stillwatch.lab.compare.vectors import Ints, Words, texts_of, word_sets
from stillwatch.model.kernels.compiled import kernel

SECOND_US = 1_000_000


@peer(
    title="coordination-network-toolkit, co-similarity",
    source="Graham and QUT Digital Observatory: coordination-network-toolkit (co_similar_tweet)",
    reads=("prompt_text",),
    grid={"seconds": (60, 600), "similarity": (0.9, 0.7, 0.5)},
    published={"seconds": 60, "similarity": 0.9},
    threshold=1.0,
    most_accounts=10_000,
)
def coordination_toolkit(traffic: Traffic, *, seconds: int, similarity: float) -> Floats:
    """Number of an account's messages that are similar to one of another account, for the account it has most with.

    Published: two accounts are linked by the distinct messages of one whose word set has a Jaccard similarity of
    0.9 or more with that of a message of the other within 60 seconds; links of weight 1 and more are kept
    (min_edge_weight), and their accounts are coordinated.
    Changed: words are runs of letters and digits in place of Unicode word breaks; links of an account to itself,
    which the toolkit leaves to the reader, are dropped.
    """
    rows = traffic.query("select account, at_us, prompt_text from exchanges order by at_us, exchange_id")
    words, starts = word_sets(texts_of(rows, "prompt_text"))
    n = len(traffic.accounts)
    account, at = rows["account"].to_numpy(), rows["at_us"].to_numpy()
    row, other = similar_messages(account, at, words, starts, seconds * SECOND_US, similarity)
    met = np.unique(np.stack([account[row], other, row], axis=1), axis=0)
    link, weight = np.unique(met[:, 0] * n + met[:, 1], return_counts=True)
    scores = np.full(n, -1.0)
    np.maximum.at(scores, link // n, weight)
    return np.where(scores < 0, np.nan, scores)


def similar_messages(
    account: Ints, at: Ints, words: Words, starts: Ints, window: int, similarity: float
) -> tuple[Ints, Ints]:
    """Each message that is like one of another account, and that account; messages are in order of time."""
    room = 1 << 16
    while True:
        row, other = np.empty(room, np.int64), np.empty(room, np.int64)
        filled = _compare(account, at, words, starts, window, similarity, row, other)
        if filled <= room:
            return row[:filled], other[:filled]
        room = filled


@kernel
def _compare(
    account: Ints,
    at: Ints,
    words: Words,
    starts: Ints,
    window: int,
    similarity: float,
    row: Ints,
    other: Ints,
) -> int:
    """Fill in what is found and say how much there is, more than fits if need be."""
    filled = 0
    for i in range(len(at)):
        j = i + 1
        while j < len(at) and at[j] - at[i] <= window:
            if account[i] != account[j] and _jaccard(words, starts, i, j, similarity) >= similarity:
                for one, two in ((i, j), (j, i)):
                    if filled < len(row):
                        row[filled] = one
                        other[filled] = account[two]
                    filled += 1
            j += 1
    return filled


@kernel
def _jaccard(words: Words, starts: Ints, i: int, j: int, least: float) -> float:
    """Similarity of two word sets; 0 where their sizes already say that it is below `least`."""
    a, a_end, b, b_end = starts[i], starts[i + 1], starts[j], starts[j + 1]
    small, large = min(a_end - a, b_end - b), max(a_end - a, b_end - b)
    if small == 0 or small < least * large:
        return 0.0
    same = 0
    while a < a_end and b < b_end:
        if words[a] == words[b]:
            same += 1
            a += 1
            b += 1
        elif words[a] < words[b]:
            a += 1
        else:
            b += 1
    return float(same / (small + large - same))
