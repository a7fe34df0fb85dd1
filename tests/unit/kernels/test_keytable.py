"""Tables of keys say what sorting says."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.model.kernels.keytable import coded, extremes, places


@pytest.mark.parametrize(
    ("n", "distinct"), [(0, 1), (1, 1), (1000, 3), (20_000, 20_000), (60_000, 9000), (200_000, 50_000)]
)
def test_extremes_are_those_of_each_key(n: int, distinct: int) -> None:
    rng = np.random.default_rng(n)
    keys = rng.integers(-(2**63), 2**63 - 1, distinct)[rng.integers(0, distinct, n)]
    low, high = rng.integers(-(2**62), 2**62, n), rng.integers(-(2**62), 2**62, n)
    found, least, most = extremes(keys, low, high)
    assert np.unique(keys).tolist() == found.tolist()
    for i in range(0, len(found), max(len(found) // 50, 1)):
        own = keys == found[i]
        assert (low[own].min(), high[own].max()) == (least[i], most[i])


def test_places_of_known_keys_and_of_others() -> None:
    rng = np.random.default_rng(7)
    known = np.unique(rng.integers(-(2**63), 2**63 - 1, 5000))
    keys = np.concatenate([known, rng.integers(-(2**63), 2**63 - 1, 3000), [0]]).reshape(-1, 1)
    expected = np.where(np.isin(keys, known), np.searchsorted(known, keys), -1)
    assert np.array_equal(expected, places(known, keys))
    assert [-1, -1] == places(np.empty(0, np.int64), np.array([3, 0])).tolist()


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
@pytest.mark.parametrize(("n", "distinct"), [(0, 1), (900, 3), (30_000, 9000)])
def test_codes_are_positions_among_the_sorted_distinct_values(n: int, distinct: int, kind: type) -> None:
    rng = np.random.default_rng(n)
    values = rng.integers(-(2**63), 2**63 - 1, distinct)[rng.integers(0, distinct, n)].view(kind)
    known, code = coded(values)
    assert np.unique(values).tolist() == known.tolist()
    assert np.array_equal(values, known[code])
