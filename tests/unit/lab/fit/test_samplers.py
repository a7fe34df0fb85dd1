"""Draws from the fitted distributions."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.lab.fit import samplers
from stillwatch.lab.fit.distance import ks
from stillwatch.lab.fit.tables import kinds
from stillwatch.model.errors import UsageError


def rng() -> np.random.Generator:
    """The same generator each time."""
    return np.random.default_rng(4)


@pytest.mark.parametrize("kind", ["conversation", "code", "summarise", "service"])
def test_token_lengths_are_positive_and_joint(kind: str) -> None:
    """Equal generators give equal draws; requests are usually longer than answers."""
    asked, answered = samplers.token_lengths(rng(), 5_000, kind)
    again, _ = samplers.token_lengths(rng(), 5_000, kind)
    assert np.array_equal(asked, again)
    assert asked.min() >= 1
    assert answered.min() >= 1
    assert np.median(asked) > np.median(answered)


def test_every_table_is_complete() -> None:
    """All kinds that the sampler documents."""
    assert set(kinds("lengths")) == {"conversation", "code", "summarise", "service"}
    assert set(kinds("turns")) == {"coding", "chat"}
    assert set(kinds("rates")) == {"person", "developer", "batch", "service"}


def test_an_unknown_kind_is_named() -> None:
    """The error lists those that are known."""
    with pytest.raises(UsageError, match="conversation"):
        samplers.token_lengths(rng(), 1, "opera")


@pytest.mark.parametrize("cv", [0.3, 1.0, 3.0])
def test_arrivals_have_the_asked_rate_and_burstiness(cv: float) -> None:
    """Under a flat clock: mean number and coefficient of variation of the gaps."""
    n, days = 200, 30.0
    owner, at = samplers.arrivals(
        rng(),
        np.full(n, 60.0),
        np.full(n, cv),
        days=days,
        curves=np.ones((1, 24), np.float32),
        curve=np.zeros(n, np.int32),
    )
    gaps = np.diff(at)[np.diff(owner) == 0]
    assert len(at) == pytest.approx(n * days * 60, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.1)
    assert (gaps >= 0).all()


def test_arrivals_follow_the_clock() -> None:
    """All requests fall into the hours in which the clock runs, in the shares it gives."""
    curve = np.zeros((1, 24), np.float32)
    curve[0, 9], curve[0, 15] = 1, 3
    n = 300
    _, at = samplers.arrivals(
        rng(), np.full(n, 40.0), np.ones(n), days=1.0, curves=curve, curve=np.zeros(n, np.int32)
    )
    hours = at // 3_600_000_000
    assert set(hours) == {9, 15}
    assert (hours == 15).mean() == pytest.approx(0.75, abs=0.02)


def test_day_curves_have_mean_one_and_quiet_weekends() -> None:
    """Over four weeks that begin on a Monday."""
    curves = samplers.day_curves(rng(), 40, hours=24 * 28, phase=np.zeros(40))
    assert curves.mean(axis=1) == pytest.approx(np.ones(40), abs=1e-4)
    days = curves.reshape(40, 28, 24).mean(axis=(0, 2))
    assert days[[5, 6]].mean() < days[:5].mean()


def test_sessions_are_mostly_short_with_a_long_tail() -> None:
    """At least one turn; some sessions of more than ten."""
    turns = samplers.sessions(rng(), 20_000, "coding")
    assert turns.min() == 1
    assert 0.5 < (turns == 1).mean() < 0.7
    assert (turns > 10).any()


def test_rates_and_pauses_have_the_tabled_medians() -> None:
    """Log-normal, so the median is the scale."""
    assert np.median(samplers.client_rates(rng(), 20_000, "developer")) == pytest.approx(25, rel=0.1)
    assert np.median(samplers.pauses(rng(), 20_000, "chat")) == pytest.approx(45, rel=0.1)


def test_distance_of_equal_and_of_disjoint_samples() -> None:
    """0 and 1."""
    assert ks([1, 2, 3], [1, 2, 3]) == 0
    assert ks([1, 2], [3, 4]) == 1
