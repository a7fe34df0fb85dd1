"""Strings put together from pieces."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.lab.text.assemble import assemble


def joined(pool: list[str], lists: list[list[int]]) -> list[str]:
    """What `assemble` makes of these lists of piece numbers."""
    ids = np.array([i for items in lists for i in items], np.int32)
    offsets = np.cumsum([0, *(len(items) for items in lists)], dtype=np.int64)
    result: list[str] = assemble(pa.array(pool, pa.large_string()), ids, offsets).to_pylist()
    return result


@given(st.data(), st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_joins_like_python(data: st.DataObject, pool: list[str]) -> None:
    """Any pieces in any script, any lists, empty ones too."""
    number = st.integers(0, len(pool) - 1)
    lists = data.draw(st.lists(st.lists(number, max_size=6), max_size=6))
    assert joined(pool, lists) == ["".join(pool[i] for i in items) for items in lists]


def test_a_slice_of_a_pool_is_read_from_its_own_start() -> None:
    """Pools may be views into larger arrays."""
    pool = pa.array(["no", "one", "two"], pa.large_string())[1:]
    made = assemble(pool, np.array([1, 0], np.int32), np.array([0, 2], np.int64))
    assert made.to_pylist() == ["twoone"]


@pytest.mark.parametrize("length", [15, 16, 17, 31, 32, 33])
def test_pieces_around_the_size_of_a_block(length: int) -> None:
    """Whole blocks are copied; what hangs over is overwritten by the next piece."""
    assert joined(["x" * length, "|"], [[0, 1, 0], [1]]) == ["x" * length + "|" + "x" * length, "|"]
