"""Intervals over groups and seeds: exact bounds by hand, laws for the rest."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.lab.intervals import Tally, clopper_pearson, mean, rate, share, tally


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0.0, 1 - 0.025 ** (1 / 10)),
        (10, 10, 0.025 ** (1 / 10), 1.0),
        (1, 10, 1 - 0.975 ** (1 / 10), 0.4450161),  # tables of Clopper and Pearson
        (3, 10, 0.0667395, 0.6524529),
        (1, 2, 1 - math.sqrt(0.975), math.sqrt(0.975)),
    ],
)
def test_exact_bounds(k: int, n: int, low: float, high: float) -> None:
    assert (low, high) == pytest.approx(clopper_pearson(k, n), abs=1e-6)


def test_no_mistake_in_a_thousand_groups_leaves_room_for_three_point_seven() -> None:
    found = share([[Tally(0, 25, 400)], [Tally(0, 1, 600)]])
    assert (0, 10_600, 1000) == (found.part, found.whole, found.groups)
    assert 1 - 0.025 ** (1 / 1000) == pytest.approx(found.high)
    assert 0.0 == found.low


def test_one_mistake_is_never_better_than_none() -> None:
    none, one = share([[Tally(0, 1, 1000)]]), share([[Tally(0, 1, 999), Tally(1, 1, 1)]])
    assert none.high < one.high
    assert clopper_pearson(1, 1000)[1] == pytest.approx(one.high)


def test_all_found_in_three_campaigns_shows_little() -> None:
    found = share([[Tally(40, 40, 1)]] * 3)
    assert (0.025 ** (1 / 3), 1.0) == pytest.approx((found.low, found.high))


def test_one_group_says_nothing_about_others() -> None:
    found = share([[Tally(28, 40, 1)]])
    assert (0.7, 0.0, 1.0) == (found.value, found.low, found.high)


def test_a_bootstrap_of_many_equal_groups_is_the_normal_interval() -> None:
    """500 of 1,000: 0.5 ± 1.96 √(0.25 / 1000)."""
    found = share([[Tally(0, 1, 500), Tally(1, 1, 500)]])
    assert (0.469, 0.531) == pytest.approx((found.low, found.high), abs=0.003)


def test_seeds_that_differ_widen_the_interval() -> None:
    alike = share([[Tally(0, 1, 50), Tally(1, 1, 50)]] * 4)
    apart = share([[Tally(0, 1, 90), Tally(1, 1, 10)], [Tally(0, 1, 10), Tally(1, 1, 90)]] * 2)
    assert alike.value == apart.value
    assert apart.high - apart.low > 2 * (alike.high - alike.low)


def test_large_groups_widen_the_interval() -> None:
    small, large = share([[Tally(0, 1, 180), Tally(1, 1, 20)]]), share([[Tally(0, 20, 9), Tally(20, 20, 1)]])
    assert small.value == large.value
    assert large.high > small.high


def test_nothing_to_measure() -> None:
    assert (None, 0.0, 1.0, 0) == ((f := share([[], ()])).value, f.low, f.high, f.groups)


def test_events_per_scan() -> None:
    """Garwood's bounds: 0 events give 3.689 / n, 2 give (0.2422, 7.2247) / n."""
    assert 3.688879 / 4 == pytest.approx(rate(0, 4).high, abs=1e-5)
    assert (0.2422093, 7.224688) == pytest.approx((rate(2, 1).low, rate(2, 1).high), abs=1e-5)
    assert None is rate(0, 0).value


def test_a_mean_of_two() -> None:
    """Draws of (0, 1) have means 0, ½, 1; the end 0 lies ½ below, times √2, and stops at 0."""
    found = mean([0.0, 1.0])
    assert (0.5, 0.0, 1.0, 2) == (found.value, found.low, found.high, found.n)
    assert None is mean([]).value


def test_alike_groups_are_counted_together() -> None:
    assert (Tally(0, 2, 2), Tally(1, 2, 1)) == tally([0, 1, 0, 0], [2, 2, 2, 0])


groups = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: (p[0], p[0] + p[1])),
    min_size=1,
    max_size=20,
)


@given(st.lists(groups, min_size=1, max_size=4))
def test_an_interval_holds_its_share_and_lies_between_0_and_1(runs: list[list[tuple[int, int]]]) -> None:
    found = share([tally([p for p, _ in run], [w for _, w in run]) for run in runs])
    assert 0 <= found.low <= found.high <= 1
    assert found.value is None or found.low <= found.value <= found.high
