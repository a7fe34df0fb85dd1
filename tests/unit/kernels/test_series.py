"""Dispersion and coincidence of series with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.model.kernels.series import coincidences, dispersion


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
