"""Masked values come back under the same key, and under no other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.masking import masked, unmasked

KEY, OTHER = HashKey(3, -5), HashKey(3, -4)


@settings(deadline=None)
@given(hnp.arrays(np.uint64, st.integers(0, 50)))
def test_there_and_back(values: np.ndarray) -> None:
    assert values.tolist() == unmasked(masked(values, KEY), KEY).tolist()


def test_neither_the_value_nor_what_another_key_makes_of_it() -> None:
    values = np.arange(10_000, dtype=np.uint64)
    under = masked(values, KEY)
    assert 10_000 == len(set(under.tolist()))
    assert not (under == values).any()
    assert not (under == masked(values, OTHER)).any()
    assert not (unmasked(under, OTHER) == values).any()


def test_neighbours_differ_in_about_half_of_their_bits() -> None:
    values = np.arange(4096, dtype=np.uint64) << np.uint64(1)
    changed = masked(values, KEY) ^ masked(values | np.uint64(1), KEY)
    share = np.unpackbits(changed.view(np.uint8)).mean()
    assert 0.49 < share < 0.51
