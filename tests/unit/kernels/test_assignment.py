"""The assignment is one to one and weighs most."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from stillwatch.model.kernels.assignment import assign


def test_no_pairs() -> None:
    none = np.zeros(0, np.int64)
    assert 0 == len(assign(none, none, none))


def test_total_weight_beats_the_heaviest_pair() -> None:
    left, right = np.array([0, 0, 1]), np.array([0, 1, 0])
    assert [1, 2] == assign(left, right, np.array([10, 8, 7])).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_against_all_permutations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 6, 2)
    gain = rng.integers(0, 9, (n, m))
    left, right = (x.astype(np.int64) for x in np.nonzero(gain))
    found = assign(left, right, gain[left, right].astype(np.int64))
    assert len(found) == len(set(left[found])) == len(set(right[found]))
    square = np.zeros((max(n, m),) * 2, np.int64)
    square[:n, :m] = gain
    rows = range(len(square))
    assert (
        max(sum(square[i, p[i]] for i in rows) for p in permutations(rows)) == gain[left, right][found].sum()
    )
