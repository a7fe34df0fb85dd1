"""Word sets and their scores: order does not count, what stands in a slot does not win."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.model.kernels.fitting import Lexicon, fitting, own_scores, search
from stillwatch.model.kernels.wording import WordSets, word_sets


def sets(*texts: str | None, systems: list[str | None] | None = None) -> WordSets:
    plain = pa.array(texts, pa.large_string())
    return word_sets(plain, pa.array(systems or [None] * len(texts), pa.large_string()))


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


def test_words_are_counted_once_in_any_order() -> None:
    found = sets("red blue red", "Blue, red!")
    assert [2, 2] == np.diff(found.starts).tolist()
    assert set(found.words[:2].tolist()) == set(found.words[2:].tolist())


def test_a_null_text_has_no_words() -> None:
    assert [0, 1] == np.diff(sets(None, "one").starts).tolist()


def test_words_of_the_system_text_are_other_words() -> None:
    found = sets("red", None, systems=[None, "red"])
    assert found.words[0] != found.words[1]


def test_a_system_text_counts_for_every_prompt_it_comes_with() -> None:
    found = sets("red", "blue", "red", None, systems=["be kind", None, "be brief", "be kind"])
    own = [set(words.tolist()) for words in np.split(found.words, found.starts[1:-1])]
    assert [3, 1, 3, 2] == [len(words) for words in own]
    assert own[3] == own[0] - set(sets("red").words.tolist())
    assert 1 == len(own[2] & own[3])


def test_only_both_ends_of_a_long_text_count() -> None:
    long = " ".join(f"w{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(400))
    assert 128 == len(sets(long).words)


def test_texts_can_be_taken_and_joined() -> None:
    found = sets("a b", "c", "d e f")
    again = found.take(np.array([2, 0])).joined(found.take(np.array([1])))
    assert [3, 2, 1] == np.diff(again.starts).tolist()
    assert found.words[2] == again.words[-1]


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
