"""Word sets: order does not count, and only both ends of a long text do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.wording import WordSets, word_sets
from stillwatch.model.kernels.words import letters, next_words

PIECES = ["ab", "\u65e5\u672c", "x1y", "fin.", "\u00e9t\u00e9", "a\u00adb", "q" * 40]


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


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=40),
    st.sampled_from([" ", "\n", "  ", "-"]),
    st.integers(0, 2500),
    st.integers(1, 60),
)  # fmt: skip
def test_where_the_middle_of_a_long_text_is_not_read_its_ends_count_alike(
    some: list[str], between: str, middle: int, times: int
) -> None:
    """Words of which only the place tells them apart: what counts are the first 64 and the last 64."""
    words = [w for _ in range(times) for w in some]
    marked = [f"{w}{letters_of(i)}" if w.isascii() and w.isalpha() else w for i, w in enumerate(words)]
    text = between.join(marked[: len(marked) // 2]) + " " * middle + between.join(marked[len(marked) // 2 :])
    assert set(sets(text).words.tolist()) == ends_of(text)


def ends_of(text: str) -> set[int]:
    """Words of the two ends, of the text cut into pieces that are read as a whole each."""
    every = [word for piece in text.split() for word in in_order(piece)]
    return set(every[:64]) | set(every[64:][-64:])


def in_order(piece: str) -> list[int]:
    words, marks = np.empty(1024, np.uint64), np.empty(1025, np.uint64)
    data = np.frombuffer(piece.encode(), np.uint8)
    n, _ = next_words(data, 0, len(data), letters(), words, marks)
    return words[:n].tolist()


def letters_of(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))


def test_texts_can_be_taken_and_joined() -> None:
    found = sets("a b", "c", "d e f")
    again = found.take(np.array([2, 0])).joined(found.take(np.array([1])))
    assert [3, 2, 1] == np.diff(again.starts).tolist()
    assert found.words[2] == again.words[-1]
