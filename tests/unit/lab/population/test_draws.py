"""Random numbers that belong to names and values."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population.draws import generator, join, scramble, unit


def test_the_same_names_give_the_same_numbers() -> None:
    assert generator("a", 1).integers(1 << 60) == generator("a", 1).integers(1 << 60)


def test_names_are_not_run_together() -> None:
    assert generator("ab", "c").integers(1 << 60) != generator("a", "bc").integers(1 << 60)


def test_scrambling_never_maps_two_values_to_one() -> None:
    assert len(np.unique(scramble(np.arange(50_000), 7))) == 50_000


def test_units_lie_in_the_unit_interval_and_spread_evenly() -> None:
    u = unit(np.arange(20_000), 3, 1)
    assert u.min() >= 0.0
    assert u.max() < 1.0
    np.testing.assert_allclose(np.histogram(u, 10, (0, 1))[0], 2_000, atol=250)


def test_a_value_gets_the_same_unit_wherever_it_stands() -> None:
    values = np.array([5, 9, 5])
    u = unit(values, 1, 2)
    assert u[0] == u[2] != u[1]


def test_joining_minds_the_order() -> None:
    assert join([1], [2])[0] != join([2], [1])[0]
