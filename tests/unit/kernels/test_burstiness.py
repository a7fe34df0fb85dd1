"""Burstiness of known series, and ranks among accounts of like volume."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.model.kernels.burstiness import burstiness, likeness, ranks_among_alike


def of(pauses: np.ndarray) -> float:
    totals = np.array([pauses.sum()], np.float64)
    return float(burstiness(np.array([len(pauses)]), totals, np.array([(pauses**2).sum()], np.float64))[0])


def test_a_clock_a_coin_and_a_burst() -> None:
    rng = np.random.default_rng(3)
    assert of(np.full(200, 60.0)) == pytest.approx(-1.0)
    assert of(rng.exponential(60.0, 20_000)) == pytest.approx(0.0, abs=0.02)
    assert of(np.append(np.full(999, 1.0), 1e6)) == pytest.approx(1.0, abs=0.01)


def test_no_pause_at_all_is_no_error() -> None:
    assert np.isfinite(of(np.zeros(9)))


def test_ranks_are_taken_within_a_kind() -> None:
    values, kind = np.array([1.0, 2.0, 30.0, 20.0, 10.0, 7.0]), np.array([0, 0, 1, 1, 1, 2])
    ranks = ranks_among_alike(values, kind, least=2)
    assert [0.25, 0.75, 5 / 6, 0.5, 1 / 6] == pytest.approx(ranks[:5].tolist())
    assert np.isnan(ranks[5])


def test_equal_values_share_a_rank() -> None:
    assert [0.5, 0.5, 0.5] == ranks_among_alike(np.ones(3), np.zeros(3, np.int64), least=2).tolist()


def test_random_ranks_are_not_alike_and_equal_ones_are() -> None:
    assert likeness(np.random.default_rng(4).random(5000)) == pytest.approx(0.0, abs=0.02)
    assert 1.0 == likeness(np.full(7, 0.3))
