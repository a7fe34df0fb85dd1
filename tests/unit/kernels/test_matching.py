"""Runs in common are those that the standard library finds."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.matching import in_common

Codes = list[int]


def reference(a: Codes, b: Codes, least: int) -> list[bool]:
    out = [False] * len(a)
    for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        if block.size >= least:
            out[block.a : block.a + block.size] = [True] * block.size
    return out


@given(
    a=st.lists(st.integers(0, 5), max_size=40),
    b=st.lists(st.integers(0, 5), max_size=40),
    least=st.integers(1, 4),
)
@settings(max_examples=300, deadline=None)
def test_as_the_standard_library_finds_them(a: Codes, b: Codes, least: int) -> None:
    assert reference(a, b, least) == in_common(np.array(a, np.int64), np.array(b, np.int64), least).tolist()


@pytest.mark.parametrize(("a", "b"), [([], [1]), ([1], []), ([], [])])
def test_nothing_has_nothing_in_common(a: Codes, b: Codes) -> None:
    assert not in_common(np.array(a, np.int64), np.array(b, np.int64), 1).any()
