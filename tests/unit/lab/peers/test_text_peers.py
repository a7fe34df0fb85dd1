"""Detectors that look at one account's prompts: PRADA, SEAT, MMD windows, requests a day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import shapiro
from tests.unit.lab.peers.planted import by_account, exchange, talk, traffic

from stillwatch.lab.peers.mmd_windows import mmd_windows, squared_mmd
from stillwatch.lab.peers.prada import minimum_distances, prada, without_outliers
from stillwatch.lab.peers.requests_per_day import requests_per_day
from stillwatch.lab.peers.seat import seat, similar_pairs

DAY = 86_400


def test_requests_are_counted_by_utc_day(tmp_path: Path) -> None:
    """Three on the first day, two on the second; the larger counts."""
    rows = [exchange("a", s, "x") for s in (0, 5, DAY - 1, DAY, DAY + 1)]
    with traffic(tmp_path / "d", [*rows, exchange("b", 1, "x")]) as found:
        assert {"a": 3.0, "b": 1.0} == by_account(found, requests_per_day(found))


def test_a_repeated_exchange_counts_once(tmp_path: Path) -> None:
    """As everywhere, by its id."""
    rows = [exchange("a", 0, "x", exchange_id="same"), exchange("a", 1, "x", exchange_id="same")]
    with traffic(tmp_path / "d", rows) as found:
        assert {"a": 1.0} == by_account(found, requests_per_day(found))


def test_distances_are_to_a_growing_set() -> None:
    """By hand: 3 joins at once; 1 is 1 from 0 and stays below 3/2 − 3/2 = 0? it is above, and joins; and so on."""
    points = np.array([[0.0], [3.0], [1.0], [1.5]], np.float32)
    # 3: nearest 0, distance 3, joins (border 0 → mean 1.5 − deviation 1.5 = 0)
    # 1: nearest 0, distance 1, joins (distances 0, 3, 1: mean 1.33 − 1.25 = 0.09)
    # 1.5: nearest 1, distance 0.5
    assert [3.0, 1.0, 0.5] == minimum_distances(points).tolist()


def test_a_query_near_the_set_does_not_join_it() -> None:
    """Distances 0, 10, 10, 10: border 7.5 − 4.33 = 3.17; the point at 2 stays out, so 2.5 is 2.5 from 0."""
    far = 10 / np.sqrt(2)
    points = np.array([[0, 0], [10, 0], [0, 10], [-far, -far], [2, 0], [2.5, 0]], np.float32)
    assert np.allclose([10, 10, 10, 2, 2.5], minimum_distances(points), atol=1e-5)


def test_outliers_are_left_out() -> None:
    """One value far from twenty equal ones goes."""
    values = np.array([1.0, 1.1] * 10 + [50.0])
    assert 50.0 not in without_outliers(values)
    assert 20 == len(without_outliers(values))


def test_prada_fires_on_two_kinds_of_distance(tmp_path: Path) -> None:
    """Half the prompts repeat, half are new: distances have two heaps, and W is that of scipy."""
    rng = np.random.default_rng(3)
    rows = [exchange("even", i, talk(rng)) for i in range(60)]
    rows += [exchange("heaps", i, talk(rng) if i % 2 else "one fixed question") for i in range(60)]
    with traffic(tmp_path / "d", rows) as found:
        scores = by_account(found, prada(found, least=10))
    assert scores["heaps"] > 0.3 > 0.1 > scores["even"]


def test_prada_is_one_minus_w() -> None:
    """The statistic is that of Shapiro and Wilk; an even spread of ten is nearly normal."""
    assert 0.97 == pytest.approx(shapiro(np.arange(10.0)).statistic, abs=0.005)


def test_prada_needs_enough_queries(tmp_path: Path) -> None:
    """Four requests say nothing."""
    with traffic(tmp_path / "d", [exchange("a", i, f"question {i}") for i in range(4)]) as found:
        assert {} == by_account(found, prada(found, least=10))


def test_pairs_are_counted_across_blocks() -> None:
    """Three equal rows and one apart: three pairs, however the matrix is cut."""
    points = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.float32)
    assert 3 == similar_pairs(points, 0.9) == similar_pairs(points, 0.9, block=2)


def test_seat_counts_variations_of_one_prompt(tmp_path: Path) -> None:
    """Five variations of one long prompt are ten pairs; five talks are none."""
    rng = np.random.default_rng(1)
    frame = talk(rng, 60)
    rows = [exchange("frame", i, f"{frame} number{i}") for i in range(5)]
    rows += [exchange("talk", i, talk(rng)) for i in range(5)]
    with traffic(tmp_path / "d", rows) as found:
        assert {"frame": 10.0, "talk": 0.0} == by_account(found, seat(found, similarity=0.8))


def test_squared_mmd_by_hand() -> None:
    """Window of e1, e1, e2 against a mean of e1: inner 1/3, cross 2/3, so 1/3 − 4/3 + 1 = 0."""
    sums, mean = np.array([[2.0, 1.0]]), np.array([1.0, 0.0], np.float32)
    assert squared_mmd(sums, np.array([3]), mean) == pytest.approx([0.0])
    assert squared_mmd(np.array([[0.0, 3.0]]), np.array([3]), mean) == pytest.approx([2.0])


@pytest.mark.parametrize("windows", ["account", "stream"])
def test_mmd_finds_another_distribution(windows: str, tmp_path: Path) -> None:
    """An account with its own vocabulary is above the benign limit, one with everybody's is below."""
    rng = np.random.default_rng(2)
    benign = [exchange(f"b{i % 120}", i, talk(rng)) for i in range(9_000)]
    test = [exchange(f"c{i % 20}", i, talk(rng)) for i in range(1_500)]
    test += [
        exchange("h", 2_000 + i, f"explain theorem lemma proof step {i} reasoning") for i in range(1_500)
    ]
    with traffic(tmp_path / "r", benign) as reference, traffic(tmp_path / "d", test) as found:
        scores = by_account(found, mmd_windows(found, reference=reference, windows=windows, least=20))
    assert scores["h"] > 2
    assert all(s < 2 for a, s in scores.items() if a != "h")
