"""Fits one class of the intent model: logistic loss on a text's best span, from naive Bayes weights on.

The score of a text is the one the sketch kernel gives (largest sum over up to SPAN neighbouring words), so
training and use agree. Steps are those of AdaGrad (Duchi, Hazan and Singer, 2011); texts come in a fixed
order, drawn by hash.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.hashing import mix
from stillwatch.model.kernels.intent import SLOTS, SPAN, Grams

Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """`epochs` over the texts, step `rate`, pull `decay` back to the start, which is `prior` times the naive
    Bayes weights smoothed by `smooth` wordings; a slot needs `wordings` different wordings to get a
    weight. In each epoch a `dropped` share of the words, others each time, is not seen, so that weight is
    spread over many cues. The weights are the mean of `averaged` descents, each with an order of texts and
    dropped words of its own: of one, recall of a class moves by ten points with the draw."""

    averaged: int = 4
    epochs: int = 12
    rate: float = 0.05
    decay: float = 0.2
    prior: float = 0.3
    wordings: int = 2
    smooth: float = 2.0
    dropped: float = 0.2


def fit(
    grams: Grams,
    labels: npt.NDArray[np.int8],
    weight: Floats,
    wording: Ints,
    rows: Ints,
    *,
    settings: FitSettings,
) -> Floats:
    """Weights float64[SLOTS] from the texts `rows` whose label is not -1.

    `weight` of a text is relative to others of its label; both labels weigh the same.
    """
    rows = rows[labels[rows] >= 0]
    used = _wordings_of_slots(grams, wording, rows) >= settings.wordings
    weight = _balanced(weight, labels, rows)
    fewest = min(len(np.unique(wording[rows[labels[rows] == label]])) for label in (0, 1))
    bayes = _naive_bayes(grams, labels, weight, rows, raised=settings.smooth / fewest)
    start = np.where(used, settings.prior * bayes, 0.0)
    runs = [_run(grams, labels, weight, rows, used, start, k, settings) for k in range(settings.averaged)]
    return np.asarray(np.mean(runs, axis=0))


def _run(
    grams: Grams, labels: npt.NDArray[np.int8], weight: Floats, rows: Ints, used: Flags, start: Floats, number: int,
    settings: FitSettings,
) -> Floats:  # fmt: skip
    """Weights of one descent from `start`; its `number` draws the order of texts and the words that are dropped."""
    table, bias = start.copy(), np.zeros(1)
    order = rows[np.argsort(mix(rows, number), kind="stable")]
    squares = np.full(SLOTS + 1, 1e-4)
    for epoch in range(settings.epochs):
        rate = settings.rate * (1 - epoch / settings.epochs)
        single, pair = _without_some(grams, settings.dropped, number * settings.epochs + epoch)
        _epoch(
            grams.starts, single, pair, labels, weight, order, used, start, table, bias,
            squares, rate, settings.decay,
        )  # fmt: skip
    return table


def best_scores(grams: Grams, table: Floats) -> Floats:
    """Largest sum of weights over a span of each text, float64[n]; 0 for a text without words."""
    out = np.zeros(len(grams.starts) - 1)
    _best_rows(grams.starts, grams.single, grams.pair, table, out)
    return out


def _without_some(grams: Grams, share: float, epoch: int) -> tuple[Int32s, Int32s]:
    """Slots of words and pairs, -1 where the word, or one of the pair, is dropped in this epoch."""
    draw = mix(np.arange(len(grams.single)), epoch + 1).view(np.uint64)
    gone = draw < np.uint64(share * 2.0**64)
    before = np.concatenate([np.zeros(1, np.bool_), gone[:-1]])
    return np.where(gone, -1, grams.single), np.where(gone | before, -1, grams.pair)


def _balanced(weight: Floats, labels: npt.NDArray[np.int8], rows: Ints) -> Floats:
    """Weights of which each label has half; 1 on average, 0 outside `rows`."""
    out = np.zeros(len(labels))
    for label in (0, 1):
        side = rows[labels[rows] == label]
        out[side] = weight[side] * len(rows) / (2 * weight[side].sum())
    return out


def _wordings_of_slots(grams: Grams, wording: Ints, rows: Ints) -> Ints:
    """In how many different wordings each slot occurs; int64[SLOTS]."""
    text, slots = _tokens(grams, rows)
    return np.bincount(np.unique(wording[text] * SLOTS + slots) % SLOTS, minlength=SLOTS)


def _naive_bayes(
    grams: Grams, labels: npt.NDArray[np.int8], weight: Floats, rows: Ints, *, raised: float
) -> Floats:
    """Log ratio of the weighted shares of texts, of either label, that hold a slot; float64[SLOTS].

    Both shares are raised by a constant, so that a slot seen in few wordings says little.
    """
    shares = []
    for label in (0, 1):
        side = rows[labels[rows] == label]
        text, slots = _tokens(grams, side)
        cell = np.unique(text * SLOTS + slots)
        share = np.bincount(cell % SLOTS, weight[cell // SLOTS], minlength=SLOTS) / weight[side].sum()
        shares.append(share + raised)
    return np.asarray(np.log(shares[1] / shares[0]))


def _tokens(grams: Grams, rows: Ints) -> tuple[Ints, Ints]:
    """Text and slot of every word and pair in the texts `rows`."""
    text = np.repeat(np.arange(len(grams.starts) - 1), np.diff(grams.starts))
    wanted = np.isin(text, rows)
    slots = np.concatenate([grams.single[wanted], grams.pair[wanted]]).astype(np.int64)
    owner = np.tile(text[wanted], 2)
    return owner[slots >= 0], slots[slots >= 0]


@kernel
def _epoch(
    starts: Ints,
    single: Int32s,
    pair: Int32s,
    labels: npt.NDArray[np.int8],
    weight: Floats,
    order: Ints,
    used: Flags,
    origin: Floats,
    table: Floats,
    bias: Floats,
    squares: Floats,
    rate: float,
    decay: float,
) -> None:
    for text in order:
        score, low, high = _best_span(single, pair, table, starts[text], starts[text + 1])
        chance = 1.0 / (1.0 + np.exp(-min(max(score + bias[0], -30.0), 30.0)))
        slope = weight[text] * (chance - labels[text])
        squares[-1] += slope * slope
        bias[0] -= rate * slope / np.sqrt(squares[-1])
        for at in range(low, high):
            for slot in (single[at], pair[at]):
                if slot >= 0 and used[slot]:
                    step = slope + decay * (table[slot] - origin[slot])
                    squares[slot] += step * step
                    table[slot] -= rate * step / np.sqrt(squares[slot])


@kernel
def _best_span(single: Int32s, pair: Int32s, table: Floats, start: int, stop: int) -> tuple[float, int, int]:
    """Largest sum over at most SPAN words that end anywhere, and the words it covers."""
    best, low, high = -1e300, start, start
    running = 0.0
    for at in range(start, stop):
        running += _added(single, pair, table, at)
        first = at - SPAN
        if first >= start:
            running -= _added(single, pair, table, first)
        if running > best:
            best, low, high = running, max(start, first + 1), at + 1
    return (best if stop > start else 0.0), low, high


@kernel
def _added(single: Int32s, pair: Int32s, table: Floats, at: int) -> float:
    one = table[single[at]] if single[at] >= 0 else 0.0
    return one + (table[pair[at]] if pair[at] >= 0 else 0.0)


@kernel
def _best_rows(starts: Ints, single: Int32s, pair: Int32s, table: Floats, out: Floats) -> None:
    for text in range(len(out)):
        out[text] = _best_span(single, pair, table, starts[text], starts[text + 1])[0]
