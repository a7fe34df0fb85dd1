"""Intervals of shares."""

import numpy as np
import pytest
from scipy import stats

from stillwatch.model.kernels.intervals import bootstrap_share, group_draws, wilson


def test_wilson_agrees_with_scipy():
    expected = stats.binomtest(7, 50).proportion_ci(method="wilson")
    assert (expected.low, expected.high) == pytest.approx(tuple(float(x) for x in wilson(7, 50)))


def test_wilson_of_no_trials_says_nothing():
    low, high = wilson([0, 0, 9], [0, 9, 9])
    assert (low.tolist()[:2], low[2] > 0.5) == ([0, 0], True)
    assert (high[0], high[2], high[1] < 0.5) == (1, 1, True)


def test_draws_are_the_same_for_a_seed_and_spread_evenly():
    draws = group_draws(10, draws=2000, seed=1)
    assert np.array_equal(draws, group_draws(10, draws=2000, seed=1))
    assert not np.array_equal(draws, group_draws(10, draws=2000, seed=2))
    assert np.bincount(draws.ravel(), minlength=10) == pytest.approx(np.full(10, 2000), rel=0.1)


def test_bootstrap_keeps_groups_together():
    """Ten groups of 100 equal rows vary as ten rows do, not as a thousand."""
    part = np.repeat([1, 0] * 5, 100)
    low, high = bootstrap_share(part, np.ones(1000), np.repeat(np.arange(10), 100))
    assert low == pytest.approx(0.2, abs=0.05)
    assert high == pytest.approx(0.8, abs=0.05)


def test_bootstrap_without_rows_says_nothing():
    assert bootstrap_share([], [], []) == (0.0, 1.0)
