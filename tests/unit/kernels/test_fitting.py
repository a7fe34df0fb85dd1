"""Scores of word sets: what is told by few words is what adding up all of them gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.model.kernels.fitting import Lexicon, fitting, own_scores, search
from stillwatch.model.kernels.wording import WordSets, word_sets


def sets(*texts: str) -> WordSets:
    plain = pa.array(texts, pa.large_string())
    return word_sets(plain, pa.nulls(len(texts), pa.large_string()))


def lexicon(words: np.ndarray, weights: list[list[float]], least: list[float]) -> Lexicon:
    """Every word has a weight under every profile; nothing is lost by absence."""
    n, profiles = len(words), len(least)
    return Lexicon(
        words,
        np.arange(n + 1) * profiles,
        np.tile(np.arange(profiles, dtype=np.int32), n),
        np.array(weights, np.float32).ravel(),
        np.zeros(profiles, np.float32),
        np.array(least, np.float32),
    )


def test_scores_add_up_by_profile() -> None:
    found = sets("a b", "b", "c")
    scale = lexicon(found.words[:2], [[1.0, 5.0], [2.0, 0.5]], [2.5, 5.0])
    for profile, scores in enumerate([[3.0, 2.0], [5.5, 0.5]]):
        own = own_scores(found, scale, np.full(3, profile))
        assert scores == own[:2].tolist()
        assert np.isnan(own[2])


def test_scores_do_not_depend_on_how_many_other_texts_there_are() -> None:
    found = sets(*["a b"] * 3000)
    scale = lexicon(found.words[:2], [[3.0, 5.0], [2.0, 0.5]], [2.5, 9.0])
    text, profile = fitting(found, search(scale))
    assert list(range(3000)) == text.tolist()
    assert {0} == set(profile.tolist())


def test_a_profile_far_below_the_best_does_not_fit() -> None:
    found = sets("a b")
    scale = lexicon(found.words, [[10.0, 3.0], [10.0, 3.0]], [1.0, 1.0])
    assert [0, 1] == sorted(fitting(found, search(scale))[1].tolist())
    assert [0] == fitting(found, search(scale), of_best=0.6)[1].tolist()


def test_what_fits_is_what_adding_up_gives() -> None:
    """Whether few profiles weigh a word or nearly all, and whether a text can reach any or not."""
    rng = np.random.default_rng(3)
    words = np.unique(rng.integers(1, 2**63, 60, np.uint64))
    weights = rng.integers(1, 7, (60, 40)) * (rng.random((60, 40)) < np.linspace(0.0, 1.0, 60)[:, None] ** 2)
    of, profile = np.nonzero(weights)
    starts = np.searchsorted(of, np.arange(61))
    base, least = -rng.integers(0, 9, 40).astype(np.float32), rng.integers(5, 25, 40).astype(np.float32)
    scale = Lexicon(
        words, starts, profile.astype(np.int32), weights[of, profile].astype(np.float32), base, least
    )
    held = rng.random((500, 60)) < rng.random((500, 1)) * 0.5
    found = WordSets(np.concatenate([[0], held.sum(axis=1).cumsum()]), words[np.nonzero(held)[1]])
    score = (base + held @ weights).astype(np.float32)
    best = np.where(score >= least, score, 0).max(axis=1, keepdims=True)
    expected = np.nonzero((score >= least) & (score >= np.float32(0.6) * best))
    assert 500 < len(expected[0])
    assert [e.tolist() for e in expected] == [f.tolist() for f in fitting(found, search(scale), of_best=0.6)]


def test_nothing_fits_where_no_text_has_a_word() -> None:
    scale = lexicon(sets("a").words, [[1.0]], [1.0])
    assert [0, 0] == [len(found) for found in fitting(sets("", ""), search(scale))]


def test_words_that_weigh_against_a_profile_are_counted() -> None:
    found = sets("a b", "a")
    of = {int(word): weight for word, weight in zip(found.words[:2], (5.0, -3.0), strict=True)}
    words = np.array(sorted(of), np.uint64)
    scale = lexicon(words, [[of[int(word)]] for word in words], [4.0])
    assert [1] == fitting(found, search(scale))[0].tolist()
