"""Weights of the intent model as bytes, and the slots that words fall into."""

import json

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.model.errors import InputError
from stillwatch.model.kernels.intent import (
    LANES,
    SLOTS,
    IntentWeights,
    grams,
    read_weights,
    write_weights,
)


def weights() -> IntentWeights:
    table = np.zeros((SLOTS, LANES), np.int8)
    table[[0, 7, SLOTS - 1], [0, 3, 6]] = [5, -100, 100]
    return IntentWeights(table, np.arange(7.0), np.arange(7.0) - 3, np.full(7, 4.5))


def test_what_is_written_can_be_read():
    content = write_weights(weights())
    found = read_weights(content)
    assert np.array_equal(weights().table, found.table)
    assert weights().scale.tolist() == found.scale.tolist()
    assert content == write_weights(found)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_something_else_is_refused(content):
    with pytest.raises(InputError, match="cannot be read"):
        read_weights(content)


def test_weights_of_another_version_are_refused():
    record = json.loads(write_weights(weights())) | {"version": "0"}
    with pytest.raises(InputError, match="another version"):
        read_weights(json.dumps(record).encode(), where="weights.json")


def test_equal_words_fall_into_equal_slots_and_pairs_see_the_order():
    found = grams(pa.array(["One two, one!", None, "two ONE"]))
    assert found.starts.tolist() == [0, 3, 3, 5]
    assert found.single[0] == found.single[2] == found.single[4]
    assert found.pair[2] == found.pair[4] != found.pair[1]
    assert found.pair[[0, 3]].tolist() == [-1, -1]
