"""Words that come together: counted as sorting would count them."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.signals.tables.vocabulary import _often


@pytest.mark.parametrize(
    ("pairs", "words", "least"), [(0, 5, 3), (10, 3, 1), (5000, 40, 5), (100_000, 900, 3), (1000, 1, 2)]
)
def test_pairs_that_come_often_are_counted_and_sorted(pairs: int, words: int, least: int) -> None:
    a, b = np.random.default_rng(pairs).integers(0, words, (2, pairs))
    own = np.minimum(a, b) << 32 | np.maximum(a, b)
    both, together = np.unique(own, return_counts=True)
    often = together >= least
    left, right, times = _often(own, words, least)
    assert (both[often] >> 32).tolist() == left.tolist()
    assert (both[often] & 0xFFFFFFFF).tolist() == right.tolist()
    assert together[often].tolist() == times.tolist()
