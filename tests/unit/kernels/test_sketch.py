"""What each sketch key survives, and when it is null."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.intent import LANES, SLOTS, IntentWeights
from stillwatch.model.kernels.sketch import INTENT_COLUMNS, KEY_COLUMNS, normalised_key, sketch_text
from stillwatch.model.tables import TABLES

KEY = HashKey(11, 22)
FRAME = (
    "You are grading the work of a student in a course on the history of rivers and canals. "
    "Read the essay between the marks with care and give one point for each claim that a source supports. "
    "Essay: {slot} End of the essay. Write the number of points first "
    "and your reasons below it, please."
)


def row(text: str | None, key: HashKey = KEY) -> dict:
    return sketch_text(pa.array([text], pa.large_string()), key).to_pylist()[0]


def keys(text: str) -> dict:
    return {name: value for name, value in row(text).items() if name in KEY_COLUMNS and name != "shape_key"}


def words(n: int, *, start: int = 0) -> str:
    alphabet = "abcdefghij"
    return " ".join("w" + "".join(alphabet[int(d)] for d in str(i)) for i in range(start, start + n))


def test_columns_have_the_types_of_the_keys_table():
    schema = TABLES["keys"].schema
    batch = sketch_text(pa.array(["x"]), KEY)
    assert {name: schema.field(name).type for name in batch.schema.names} == dict(
        zip(batch.schema.names, batch.schema.types, strict=True)
    )
    assert {*KEY_COLUMNS, "tokens", *INTENT_COLUMNS} == set(batch.schema.names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sum 12 and 345,\nplease NOW", "sum 9 and 1, please now"),
        ("ÄRGER ÜBER ΟΔΟΣ ПРИВЕТ TIẾNG", "ärger über οδοσ привет tiếng"),
        ("a\tb  c\r\nd", "a b c d"),
        ("第12章", "第3章"),
    ],
)
def test_case_digits_and_white_space_do_not_matter(one, other):
    assert keys(one) == keys(other)


def test_words_and_punctuation_matter_to_the_exact_key():
    texts = ["a b", "ab", "a, b", "b a", "a b!", "a-b"]
    assert len(texts) == len({row(text)["exact_key"] for text in texts})


def test_another_key_gives_other_values():
    one, other = row(words(60)), row(words(60), HashKey(11, 23))
    assert not {one[name] for name in KEY_COLUMNS} & {other[name] for name in KEY_COLUMNS if other[name]}


@pytest.mark.parametrize(
    ("n", "present"),
    [
        (0, set()),
        (2, {"exact_key"}),
        (3, {"exact_key", "band_1", "band_2", "band_3"}),
        (4, {"exact_key", "band_1", "band_2", "band_3", "shingle_1", "shingle_3"}),
        (11, set(KEY_COLUMNS) - {"head_key", "tail_key", "shape_key"}),
        (12, set(KEY_COLUMNS) - {"shape_key"}),
    ],
)
def test_short_texts_have_only_the_keys_they_are_long_enough_for(n, present):
    found = row(words(n))
    assert present == {name for name in KEY_COLUMNS if found[name] is not None}
    assert n == found["tokens"]


def test_null_text_has_a_row_of_nulls():
    assert {None} == set(row(None).values())


def test_a_frame_around_a_long_slot_keeps_its_edges():
    one = row(FRAME.format(slot=words(300)))
    other = row(FRAME.format(slot=words(150, start=500)))
    same = {name for name in KEY_COLUMNS if one[name] == other[name]}
    assert {"head_key", "tail_key"} <= same
    assert {one["shingle_1"], one["shingle_2"]} & {other["shingle_1"], other["shingle_2"]}


def test_shingles_of_the_end_are_among_those_of_a_longer_text_with_that_end():
    one, other = row(words(100)), row(words(60, start=200) + " " + words(48, start=52))
    assert (one["shingle_3"], one["shingle_4"]) == (other["shingle_3"], other["shingle_4"])


def test_shape_survives_rewording_and_sees_the_layout():
    one = "# Task\nDo this:\n- apples\n- pears\n- plums\n\n```py\nx = 1\n```\nIs it right?"
    other = "# Work\nGo on with:\n- red\n- blue\n\n```\ny\nz\n```\nWhat do you think?"
    assert row(one)["shape_key"] == row(other)["shape_key"]
    assert row(one)["shape_key"] != row(one.replace("- ", "1. "))["shape_key"]
    assert row("one plain line?\n")["shape_key"] is None


def test_scripts_without_spaces_have_a_word_per_character():
    assert [6, 2, 3] == sketch_text(pa.array(["今日はいい天", "привет мир", "ก ข ค"]), KEY)[
        "tokens"
    ].to_pylist()


@pytest.mark.parametrize("layout", [pa.string(), pa.large_string(), pa.string_view()])
def test_chunks_and_slices_do_not_matter(layout):
    texts = [words(20), None, "", "x", words(70)]
    expected = sketch_text(pa.array(texts), KEY)
    sliced = pa.array(["a", *texts, "b"], layout)[1:-1]
    chunked = pa.chunked_array([pa.array(texts[:3], layout), pa.array(texts[3:], layout)])
    assert expected.equals(sketch_text(sliced, KEY))
    assert expected.equals(sketch_text(chunked, KEY))


def test_no_rows_give_no_rows():
    assert sketch_text(pa.chunked_array([], pa.large_string()), KEY).num_rows == 0


def test_damaged_utf8_is_read_to_the_end():
    raw = pa.array([b"a\xff\xfe b \xe4", b"\xf0\x9f", b"\xc3"], pa.binary())
    assert [2, 0, 0] == sketch_text(raw, KEY)["tokens"].to_pylist()


@pytest.mark.parametrize("n", [1023, 1024, 1025, 2048, 5000])
def test_texts_longer_than_a_block_are_read_to_the_end(n):
    one, other = row(words(n) + "!"), row(words(n).replace(" ", "\n  ").upper() + " ! ")
    assert n == one["tokens"]
    assert one["exact_key"] == other["exact_key"] != row(words(n))["exact_key"]
    assert one["tail_key"] == row(words(12, start=n - 12))["tail_key"]


def test_normalised_key_is_the_exact_key():
    texts = pa.array(["Some  TEXT 1", None, "", "...", words(50)])
    expected = sketch_text(texts, KEY)["exact_key"].fill_null(0).to_pylist()
    assert expected == normalised_key(texts, KEY).tolist()


def test_threads_agree_with_one_thread():
    texts = pa.array([words(30, start=i) for i in range(200)])
    expected = sketch_text(texts, KEY)
    with ThreadPoolExecutor(2) as pool:
        assert all(expected.equals(got) for got in pool.map(lambda _: sketch_text(texts, KEY), range(4)))


def test_intent_is_the_best_span_in_hundredths_of_a_bit():
    table = np.zeros((SLOTS, LANES), np.int8)
    table[:, 0] = 1
    weights = IntentWeights(table, np.full(7, 0.5), np.full(7, -1.0), np.full(7, 12.0))
    scored = sketch_text(pa.array([words(10), words(200), None, ""]), KEY, intent=weights)
    assert [850, 1200, None, None] == scored["intent_reasoning"].to_pylist()
    assert [-100, -100, None, None] == scored["intent_rubric"].to_pylist()


def test_intent_leaves_the_keys_alone():
    weights = IntentWeights(np.ones((SLOTS, LANES), np.int8), np.ones(7), np.zeros(7), np.ones(7))
    texts = pa.array([words(5), words(80)])
    bare, scored = sketch_text(texts, KEY), sketch_text(texts, KEY, intent=weights)
    assert all(bare[name].equals(scored[name]) for name in (*KEY_COLUMNS, "tokens"))
