"""Word sets: order does not count, and only both ends of a long text do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.model.kernels.wording import WordSets, word_sets


def sets(*texts: str | None, systems: list[str | None] | None = None) -> WordSets:
    plain = pa.array(texts, pa.large_string())
    return word_sets(plain, pa.array(systems or [None] * len(texts), pa.large_string()))


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
