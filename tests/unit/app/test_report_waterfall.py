"""The staircase from prior to posterior."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.app.report.waterfall import Waterfall, staircase

WEIGHTS = st.lists(
    st.tuples(st.sampled_from(["content", "network", "timing"]), st.floats(-30, 30)), max_size=8
)


def stairs(weights: list[tuple[str, float]], *, total: float | None = None) -> Waterfall:
    """The staircase of a campaign with these weights and a prior of −12 bits."""
    whole = sum(w for _, w in weights) if total is None else total
    campaign: dict[str, Any] = {
        "prior_bits": -12.0,
        "weight_bits": whole,
        "weight_low": whole - 3,
        "weight_high": whole + 2,
        "threshold_bits": 16.0,
    }
    rows = [
        {
            "subject_kind": "campaign",
            "family": family,
            "kind": f"k{i}",
            "weight_bits": weight,
            "low": weight - 1,
            "high": weight + 1,
            "n": 4,
            "statement": None,
            "signal": None,
            "version": None,
            "counter": False,
        }
        for i, (family, weight) in enumerate(weights)
    ]
    return staircase(campaign, rows)


@given(WEIGHTS)
def test_the_steps_add_up_from_prior_to_posterior(weights: list[tuple[str, float]]) -> None:
    steps = stairs(weights).steps
    assert pytest.approx(steps[-1].end, abs=1e-6) == -12.0 + sum(w for _, w in weights)
    assert all(a.end == b.start for a, b in pairwise(steps[:-1]))


@given(WEIGHTS)
def test_everything_stands_on_the_axis(weights: list[tuple[str, float]]) -> None:
    made = stairs(weights)
    assert all(made.lowest < at < made.highest for step in made.steps for at in (step.start, step.end))
    assert all(0 <= made.place(step.end) <= 100 for step in made.steps)


def test_a_family_is_one_step_with_its_statements() -> None:
    made = stairs([("content", 4.0), ("network", 9.0), ("content", 3.0)])
    assert [(s.name, s.bits, len(s.items)) for s in made.steps[1:-1]] == [
        ("network", 9.0, 1),
        ("content", 7.0, 2),
    ]


def test_what_speaks_against_comes_last() -> None:
    made = stairs([("timing", -8.0), ("content", 1.0)])
    assert [s.name for s in made.steps[1:-1]] == ["content", "timing"]


def test_what_no_statement_accounts_for_is_shown() -> None:
    made = stairs([("content", 5.0)], total=3.5)
    assert [(s.role, s.bits) for s in made.steps[1:-1]] == [("family", 5.0), ("rest", -1.5)]


def test_calibration_is_a_step_after_the_sum_that_the_threshold_is_for() -> None:
    campaign = {"prior_bits": -6.0, "weight_bits": 20.0, "weight_low": 15.0, "weight_high": 22.0,
                "threshold_bits": 11.0, "calibration_bits": -12.0}  # fmt: skip
    made = staircase(campaign, [])
    steps = [(s.role, s.bits, s.start, s.end) for s in made.steps[-3:]]
    assert [
        ("sum", 14.0, 0.0, 14.0),
        ("calibration", -12.0, 14.0, 2.0),
        ("posterior", 2.0, 0.0, 2.0),
    ] == steps
    assert (9.0, 16.0, None) == (made.steps[-3].low, made.steps[-3].high, made.steps[-1].low)
    assert made.threshold == 5.0


def test_the_threshold_is_placed_from_the_prior() -> None:
    assert stairs([("content", 5.0)]).threshold == 4.0


def test_the_strongest_family_is_the_one_that_says_most_for_it() -> None:
    strongest = stairs([("content", 5.0), ("network", -9.0)]).strongest
    assert strongest is not None
    assert strongest.name == "content"


def test_small_measurements_stand_back() -> None:
    step = stairs([("content", w) for w in (0.1, 5.0, -0.4, 0.2, 2.0, 3.0, 1.0, 0.3)]).steps[1]
    assert [i.bits for i in step.main] == [5.0, 3.0, 2.0, 1.0]
    assert len(step.minor) == 4


def test_a_family_of_small_measurements_shows_one() -> None:
    step = stairs([("content", w) for w in (0.1, -0.2)]).steps[1]
    assert [i.bits for i in step.main] == [-0.2]
