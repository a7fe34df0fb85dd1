"""Densities of measurements: they are densities, have the centres they were given, and what rises does not fall."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.app.resources import hypotheses
from stillwatch.attribute.expectation import (
    STEPS,
    UNIFORM,
    Given,
    is_expectation,
    log2_density,
    log2_density_at_most,
    mean_of,
)

GRID = (np.arange(50_000) + 0.5) / 50_000
TWO_CENTRES = (0.4, 0.02, 0.02, 0.02, 0.02, 0.02, 0.5)


def mass(given: Given) -> float:
    return float(np.exp2(log2_density(GRID, given)).mean())


@pytest.mark.parametrize("mean", [0.02, 0.1, 0.5, 0.8, 0.98])
@pytest.mark.parametrize("concentration", [1.5, 3.0, 8.0, 40.0])
def test_a_beta_density_integrates_to_one(mean: float, concentration: float) -> None:
    assert 1.0 == pytest.approx(mass((mean, concentration)), abs=0.02)


def test_shipped_densities_integrate_to_one() -> None:
    shipped = {given for h in hypotheses() for given in h.expects.values()}
    assert len(shipped) > 300
    assert [] == [given for given in sorted(shipped) if abs(mass(given) - 1) > 0.03]


def test_what_is_expected_speaks_for_and_what_is_not_against() -> None:
    near, far = log2_density(np.array([0.9, 0.1]), (0.9, 8.0))
    assert near > 1
    assert far < -1


def test_a_mixture_may_have_two_centres_and_a_beta_density_between_them_has_one() -> None:
    none, half, everybody = log2_density(np.array([0.0, 0.5, 1.0]), TWO_CENTRES)
    assert min(none, everybody) > half + 4
    assert 0.55 == pytest.approx(mean_of(TWO_CENTRES), abs=0.02)


@pytest.mark.parametrize("given", [(0.5, 500.0), TWO_CENTRES])
def test_no_measurement_decides_alone(given: Given) -> None:
    assert log2_density(np.array([0.0, 0.25, 1.0]), given).min() >= np.log2(UNIFORM) - 1e-9


@pytest.mark.parametrize("given", [(0.3, 12.0), TWO_CENTRES])
def test_what_rises_is_as_expected_up_to_the_mean_and_does_not_fall_from_there(given: Given) -> None:
    at = np.linspace(0, 1, STEPS + 1)
    plain, rising = log2_density(at, given), log2_density_at_most(at, given)
    below = at < mean_of(given) - 0.5 / STEPS
    assert np.array_equal(plain[below], rising[below])
    assert np.all(np.diff(rising[~below]) >= 0)
    assert np.all(rising >= plain)


@pytest.mark.parametrize(
    ("given", "good"),
    [
        ((0.5, 2.0), True),
        ((1.5, 2.0), False),
        ((0.5, 0.0), False),
        ((0.5,), False),
        ((0.3, 0.4, 0.3), False),
        ((0.25, 0.25, 0.25, 0.25), True),
        ((0.5, 0.5, 0.5, 0.5), False),
        ((-0.1, 0.5, 0.5, 0.1), False),
    ],
)
def test_only_a_beta_distribution_or_shares_are_an_expectation(given: Given, good: bool) -> None:
    assert good == is_expectation(given)
