"""Laws that kernels keep for any input."""

import random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.hashing import HashKey, hash_strings
from stillwatch.model.kernels.sketch import KEY_COLUMNS, sketch_text

KEY = HashKey(3, 4)
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=8)


@settings(deadline=None)  # the first call compiles
@given(TEXTS, st.randoms())
def test_rows_do_not_influence_each_other(texts: list[str | None], rng: random.Random):
    order = list(range(len(texts)))
    rng.shuffle(order)
    expected = sketch_text(pa.array(texts, pa.string()), KEY).to_pylist()
    shuffled = sketch_text(pa.array([texts[i] for i in order], pa.string()), KEY).to_pylist()
    assert [expected[i] for i in order] == shuffled


@settings(deadline=None)
@given(st.text(st.characters(codec="ascii"), max_size=200))
def test_ascii_case_digits_and_white_space_never_matter(text: str):
    other = text.swapcase().replace("7", "3").replace(" ", " \n ")
    one, two = sketch_text(pa.array([text, other]), KEY).select(KEY_COLUMNS[:-1]).to_pylist()
    assert one == two


@settings(deadline=None)
@given(TEXTS)
def test_a_value_never_hashes_to_the_mark_of_null(texts: list[str | None]):
    assert [text is None for text in texts] == (hash_strings(pa.array(texts, pa.string())) == 0).tolist()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_near_duplicates_nearly_always_share_a_key(seed: int):
    """Two replaced words in 60 leave a Jaccard similarity of about 0.8."""
    rng = random.Random(seed)  # noqa: S311
    vocabulary = [a + b + c for a in "abcde" for b in "fghij" for c in "klmno"]
    texts = [rng.choices(vocabulary, k=60) for _ in range(50)]
    changed = [words.copy() for words in texts]
    for words in changed:
        for at in rng.sample(range(len(words)), 2):
            words[at] = "other"
    both = [sketch_text(pa.array([" ".join(w) for w in side]), KEY).to_pylist() for side in (texts, changed)]
    shared = [any(a[name] == b[name] for name in KEY_COLUMNS[1:10]) for a, b in zip(*both, strict=True)]
    assert sum(shared) >= 48
