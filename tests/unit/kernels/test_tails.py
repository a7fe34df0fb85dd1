"""Tails agree with other implementations where those are exact, and go on where they stop."""

import numpy as np
import pytest
from scipy import stats

from stillwatch.model.kernels.tails import (
    adjusted_log2,
    benjamini_hochberg,
    binomial_log2_tail,
    geometric_log2_tail,
    hypergeometric_log2_tail,
    poisson_log2_tail,
)

RNG = np.random.default_rng(7)


def test_poisson_tail_agrees_with_scipy():
    count, mean = RNG.integers(0, 60, 2000), 10 ** RNG.uniform(-2, 2, 2000)
    expected = stats.poisson.logsf(count - 1, mean) / np.log(2)
    assert expected == pytest.approx(poisson_log2_tail(count, mean), rel=1e-6, abs=1e-12)


def test_binomial_tail_agrees_with_scipy():
    trials, share = RNG.integers(1, 60, 2000), RNG.uniform(0.01, 0.99, 2000)
    count = RNG.integers(0, trials + 1)
    expected = stats.binom.logsf(count - 1, trials, share) / np.log(2)
    assert expected == pytest.approx(binomial_log2_tail(count, trials, share), rel=1e-6, abs=1e-9)


def test_hypergeometric_tail_agrees_with_scipy():
    population = RNG.integers(10, 400, 2000)
    marked, drawn = RNG.integers(0, population + 1), RNG.integers(0, population + 1)
    count = RNG.integers(0, np.minimum(marked, drawn) + 1)
    expected = stats.hypergeom.logsf(count - 1, population, marked, drawn) / np.log(2)
    assert expected == pytest.approx(
        hypergeometric_log2_tail(count, population, marked, drawn), rel=1e-6, abs=1e-9
    )


def test_tail_far_below_the_smallest_float_is_exact():
    """P(X ≥ 300) for mean 0.001 is 0.001^300 / 300! to four digits."""
    expected = (300 * np.log(0.001) - sum(np.log(np.arange(1, 301)))) / np.log(2)
    assert expected == pytest.approx(poisson_log2_tail(300, 0.001), rel=1e-5)


def test_large_mean_is_exact():
    """Reference: the series in 60 decimal digits."""
    assert poisson_log2_tail(3_000_000, 2_990_000.0) == pytest.approx(-27.993983231519397, rel=1e-8)


def test_certain_and_impossible_outcomes_stay_finite():
    assert [0.0, 0.0] == [*poisson_log2_tail([0, -1], 0.0)]
    assert [0.0, 0.0] == [*binomial_log2_tail([0, 5], [3, 5], [0.0, 1.0])]
    impossible = [
        binomial_log2_tail(4, 3, 0.5),
        hypergeometric_log2_tail(3, 10, 2, 5),
        poisson_log2_tail(1, 0.0),
    ]
    assert all(np.isfinite(impossible)) and max(impossible) < -900


def test_shapes_are_broadcast():
    assert poisson_log2_tail(np.ones((3, 1), int), np.ones(2)).shape == (3, 2)


def test_discoveries_are_those_of_the_textbook_procedure():
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.2])
    assert [True, True, True, True, False] == benjamini_hochberg(np.log2(p), tests=5, rate=0.05).tolist()
    assert [False, False, False, False, False] == benjamini_hochberg(
        np.log2(p), tests=500, rate=0.05
    ).tolist()
    expected = stats.false_discovery_control(p)
    assert expected == pytest.approx(2 ** adjusted_log2(np.log2(p), tests=5))


def test_no_tests_give_no_discoveries():
    assert benjamini_hochberg(np.empty(0), tests=10, rate=0.05).tolist() == []


@pytest.mark.parametrize(("count", "mean"), [(1, 0.01), (3, 2.5), (40, 8.6)])
def test_a_geometric_tail_is_that_of_a_poisson_with_an_exponential_mean(count: int, mean: float) -> None:
    means = np.linspace(0.0, 60.0 * mean, 400_001)[1:]
    density = np.exp(-means / mean) / mean
    mixed = float((2.0 ** poisson_log2_tail(count, means) * density).sum() * (means[1] - means[0]))
    assert geometric_log2_tail(count, mean) == pytest.approx(np.log2(mixed), abs=0.01)


def test_a_geometric_tail_of_nothing_is_certain() -> None:
    assert [0.0, 0.0] == geometric_log2_tail([0, 0], [0.0, 3.0]).tolist()
    assert np.isfinite(geometric_log2_tail(5, 0.0))
