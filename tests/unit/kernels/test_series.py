"""Dispersion, coincidence and surrogates on series with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.model.kernels.series import (
    coincidences,
    dispersion,
    surrogate,
    turned_coincidences,
    turns,
)


def test_counts_handed_out_in_turn_have_no_dispersion() -> None:
    assert (0.0, 9 * 20 - 20 - 9 + 1) == dispersion(np.full((9, 22), 4))


def test_counts_split_at_random_have_dispersion_one() -> None:
    rng = np.random.default_rng(5)
    counts = rng.multinomial(60, np.full(12, 1 / 12), size=400).T
    assert pytest.approx(1.0, abs=0.06) == dispersion(counts)[0]


def test_accounts_of_different_size_and_life_split_at_random_have_dispersion_one() -> None:
    rng = np.random.default_rng(6)
    share = np.repeat([1.0, 3.0, 9.0], 4)[:, None] * np.ones((12, 400))
    share[::2, :150] = 0
    counts = np.array([rng.multinomial(80, p / p.sum()) for p in share.T]).T
    assert pytest.approx(1.0, abs=0.07) == dispersion(counts)[0]


def test_accounts_busy_at_times_of_their_own_are_overdispersed() -> None:
    rng = np.random.default_rng(7)
    assert dispersion(rng.poisson(0.3, (12, 300)) * 8)[0] > 4


@pytest.mark.parametrize("counts", [np.zeros((3, 5), np.int64), np.eye(3, dtype=np.int64), np.ones((1, 2))])
def test_too_little_to_say_anything(counts: np.ndarray) -> None:
    assert (1.0, 0) == dispersion(counts.astype(np.int64))


def test_order_of_accounts_does_not_matter() -> None:
    counts = np.random.default_rng(8).poisson(1.5, (10, 60))
    assert dispersion(counts)[0] == pytest.approx(dispersion(counts[::-1])[0], rel=1e-12)


def test_pairs_in_the_same_window() -> None:
    active = np.array([[1, 0, 1], [1, 0, 0], [1, 1, 0]], bool)
    assert 3 == coincidences(active)


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
def test_coincidences_of_a_surrogate_need_not_build_it(alike: int) -> None:
    counts = np.random.default_rng(11).poisson(0.2, (9, 13, 24))
    ids = np.arange(9)
    turned = surrogate(counts, ids, 3, alike=alike) > 0
    source = turns(counts, ids, alike=alike).source(3)
    assert coincidences(turned.reshape(9, -1)) == turned_coincidences(counts > 0, source)
