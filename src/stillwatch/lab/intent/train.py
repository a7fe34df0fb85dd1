"""Trains the intent model from package data and writes its weights.

::

    python -m stillwatch.lab.intent.train --out src/stillwatch/lab/data/intent/weights.json \\
        --card docs/reference/intent-model-card.md

Only sources assigned to `training` are read for the weights; the figures that go into the card are measured
on `calibration`. The same data gives the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stillwatch.lab.intent.corpus import Corpus, load_corpus
from stillwatch.lab.intent.fit import FitSettings, best_scores, fit
from stillwatch.lab.intent.measure import figures, write_card
from stillwatch.model.kernels.intent import (
    CLASSES,
    LANES,
    SLOTS,
    Grams,
    IntentWeights,
    grams,
    write_weights,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 5
LARGEST = 100  # of an int8 weight
PRUNED = 3  # weights nearer to 0 are left out
RIDGE = 1e-3  # keeps the calibration finite where the sides do not overlap


def train(corpus: Corpus, *, settings: FitSettings | None = None) -> IntentWeights:
    """Weights, and per class the scale and bias that turn raw scores into bits.

    Scale and bias come from texts whose wording was held out (`FOLDS` folds by wording): the figure for a
    wording that nobody has seen, though patterns of the grammar share parts. The bound is log2 of the number
    of wordings of the class plus one: a model can not be surer than its sample (Vergeer and others,
    "Numerical likelihood ratios outputted by LR systems", 2016).
    """
    chosen = settings or FitSettings()
    words = grams(corpus.text)
    everything = np.arange(len(corpus.text))
    table = np.zeros((SLOTS, LANES), np.int8)
    scale, bias, limit = (np.zeros(len(CLASSES)) for _ in range(3))
    for lane, name in enumerate(CLASSES):
        labels = corpus.labels(name)
        held_out = _held_out_scores(words, labels, corpus, chosen)
        weights = fit(words, labels, corpus.weight, corpus.wording, everything, settings=chosen)
        unit = float(np.abs(weights).max()) / LARGEST
        table[:, lane] = _quantised(weights, unit)
        slope, offset = _calibrated(held_out, labels, corpus.weight)
        scale[lane], bias[lane] = slope * unit, offset
        limit[lane] = np.log2(len(np.unique(corpus.wording[labels == 1])) + 1)
    return IntentWeights(table, scale, bias, limit)


def _quantised(weights: Floats, unit: float) -> npt.NDArray[np.int8]:
    whole = np.rint(weights / unit).astype(np.int8)
    return np.where(np.abs(whole) < PRUNED, np.int8(0), whole)


def _held_out_scores(
    words: Grams, labels: npt.NDArray[np.int8], corpus: Corpus, settings: FitSettings
) -> Floats:
    """Score of each text under weights that never saw its wording."""
    fold = _folds(labels, corpus.wording)
    scores = np.zeros(len(labels))
    for number in range(FOLDS):
        rows = np.flatnonzero(fold != number)
        table = fit(words, labels, corpus.weight, corpus.wording, rows, settings=settings)
        held_out = fold == number
        scores[held_out] = best_scores(words, table)[held_out]
    return scores


def _folds(labels: npt.NDArray[np.int8], wording: Ints) -> Ints:
    """Fold of each text: the wordings of either label are dealt out in turn."""
    fold = np.zeros(len(labels), np.int64)
    for label in (-1, 0, 1):
        rows = np.flatnonzero(labels == label)
        _, number = np.unique(wording[rows], return_inverse=True)
        fold[rows] = number % FOLDS
    return fold


def _calibrated(scores: Floats, labels: npt.NDArray[np.int8], weight: Floats) -> tuple[float, float]:
    """Slope and offset in bits of a logistic fit in which both sides weigh the same (Platt, 1999)."""
    known = labels >= 0
    x, y = scores[known], labels[known].astype(float)
    share = weight[known].copy()
    for side in (y == 0, y == 1):
        share[side] /= 2 * share[side].sum()
    middle, spread = float(x.mean()), float(x.std()) or 1.0
    design = np.stack([(x - middle) / spread, np.ones_like(x)], axis=1)
    theta = np.zeros(2)
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ theta, -30, 30)))
        slope = design.T @ (share * (chance - y)) + RIDGE * theta
        curve = (design * (share * chance * (1 - chance))[:, None]).T @ design + RIDGE * np.eye(2)
        theta = theta - np.linalg.solve(curve, slope)
    scale = theta[0] / spread / np.log(2)
    return float(scale), float(theta[1] / np.log(2) - scale * middle)


def main() -> None:
    """Train, write the weights and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--card", type=Path)
    chosen = parser.parse_args()
    weights = train(load_corpus("training"))
    chosen.out.write_bytes(write_weights(weights))
    if chosen.card:
        write_card(chosen.card, figures(weights, load_corpus("calibration"), load_corpus("training")))


if __name__ == "__main__":
    main()
