"""Fitting of the intent model: alike each time, and surer where words are not seen."""

import numpy as np
import pyarrow as pa

from stillwatch.lab.intent.fit import FitSettings, best_scores, fit
from stillwatch.model.kernels.intent import grams

ASKED = [f"alpha beta gamma delta {word}" for word in ("one", "red", "north", "tin")]
OTHER = [f"sun moon star {word}" for word in ("two", "blue", "south", "iron")]


def fitted(dropped):
    words = grams(pa.array(ASKED + OTHER))
    labels, rows = np.repeat([1, 0], 4).astype(np.int8), np.arange(8)
    settings = FitSettings(dropped=dropped)
    return fit(words, labels, np.ones(8), rows, rows, settings=settings)


def test_equal_texts_give_equal_weights():
    assert np.array_equal(fitted(0.3), fitted(0.3))


def test_what_is_asked_for_scores_higher_than_the_rest():
    scores = best_scores(grams(pa.array(ASKED + OTHER)), fitted(0.2))
    assert scores[:4].min() > scores[4:].max()


def test_where_words_go_unseen_others_bear_the_weight():
    fragment = grams(pa.array(["gamma delta"]))
    assert best_scores(fragment, fitted(0.5))[0] > best_scores(fragment, fitted(0.0))[0]


def test_a_text_without_words_scores_zero():
    assert best_scores(grams(pa.array(["", None])), fitted(0.0)).tolist() == [0.0, 0.0]
