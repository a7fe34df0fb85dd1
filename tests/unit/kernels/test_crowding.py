"""Fullest windows, and what chance makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.model.kernels.crowding import accompanied, beyond, drawn_fullest, fullest


def test_the_fullest_window_is_half_open() -> None:
    assert 3 == fullest(np.array([0, 4, 5, 10, 11, 15]), 6)
    assert 0 == fullest(np.array([], np.int64), 6)


def test_sets_drawn_from_an_even_population_are_not_full() -> None:
    assert drawn_fullest(np.arange(100_000), 200, 6) <= 4


def test_sets_drawn_from_a_crowd_are_full() -> None:
    assert drawn_fullest(np.zeros(50, np.int64), 20, 6) == 20


def test_draws_are_always_the_same() -> None:
    population = np.sort(np.random.default_rng(1).integers(0, 5000, 900))
    assert drawn_fullest(population, 37, 6) == drawn_fullest(population, 37, 6)


@pytest.mark.parametrize(
    ("share", "chance", "left"),
    [(0.2, 0.5, 0.0), (0.75, 0.5, 0.5), (1.0, 0.3, 1.0), (1.0, 1.0, 0.0), (1.0, 0.95, 0.5)],
)
def test_what_is_left_beyond_chance(share: float, chance: float, left: float) -> None:
    assert left == pytest.approx(beyond(share, chance))


def test_company_by_chance_is_expected() -> None:
    rng = np.random.default_rng(2)
    times, others = np.sort(rng.integers(0, 9000, 300)), rng.integers(0, 9000, 9000)
    seen, expected = accompanied(times, np.sort(np.append(others, times)), 5)
    assert seen == pytest.approx(expected, abs=0.06)


def test_company_in_bursts_is_not_expected() -> None:
    burst = np.sort(np.repeat([100, 5000, 8000], 8))
    seen, expected = accompanied(burst, np.sort(np.append(np.arange(0, 9000, 3), burst)), 5)
    assert (1.0, True) == (seen, expected < 0.05)
