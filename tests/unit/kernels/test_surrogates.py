"""Surrogates of series: what they keep, and that what is measured on them is that of the surrogates."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.model.kernels.series import coincidences, dispersion
from stillwatch.model.kernels.surrogates import surrogate, turns


def test_a_surrogate_keeps_volume_hours_and_days() -> None:
    rng = np.random.default_rng(9)
    counts = rng.poisson(0.05, (20, 12, 24))
    counts[:, :2] = 0
    turned = surrogate(counts, np.arange(20), 1)
    assert np.array_equal(counts.sum(axis=1), turned.sum(axis=1))
    assert np.array_equal(counts.any(axis=2), turned.any(axis=2))
    assert not np.array_equal(counts, turned)


def test_a_surrogate_depends_on_account_and_number_only() -> None:
    counts = np.random.default_rng(10).poisson(0.4, (6, 9, 24))
    ids = np.array([5, 77, 3, 8, 1, 2])
    order = np.array([3, 1, 0, 5, 4, 2])
    assert np.array_equal(surrogate(counts, ids, 4)[order], surrogate(counts[order], ids[order], 4))


def test_days_of_like_amount_stand_for_one_another() -> None:
    counts = np.zeros((1, 6, 2), np.int64)
    counts[0, :, 0] = [9, 1, 0, 8, 2, 0]
    turned = surrogate(counts, np.array([4]), 1, alike=2)
    assert [8, 2, 0, 9, 1, 0] == turned[0, :, 0].tolist()


def test_accounts_of_one_day_stay_as_they_are() -> None:
    counts = np.zeros((2, 5, 24), np.int64)
    counts[0, 2, 7] = counts[1, 4, 1] = 3
    assert np.array_equal(counts, surrogate(counts, np.arange(2), 1))


@pytest.mark.parametrize("alike", [0, 4])
def test_what_is_measured_on_surrogates_need_not_build_them(alike: int) -> None:
    counts = np.random.default_rng(11).poisson(0.2, (9, 13, 24))
    ids = np.arange(9)
    turned = [surrogate(counts, ids, number, alike=alike).reshape(9, -1) for number in (1, 2, 3)]
    turn = turns(counts, ids, alike=alike)
    assert [coincidences(series > 0) for series in turned] == turn.coincidences(counts > 0, 3).tolist()
    assert [dispersion(series)[0] for series in turned] == turn.dispersions(counts, 3).tolist()
