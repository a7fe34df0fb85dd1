"""Ranks among benign groups, false-discovery rates, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.attribute.assess import UNIT, Assessment
from stillwatch.attribute.calibration import OPEN, RELATION, Calibration, Span
from stillwatch.attribute.conformal import Claim, Traffic, claims, conformal_p, most_examined
from stillwatch.attribute.hypotheses import Hypothesis

NONE = MappingProxyType({})
CHANCE = Hypothesis("unrelated", "chance", "innocent", 0.0, NONE)
FIRM = Hypothesis("one_organization", "one firm", "innocent", 0.0, NONE, {"one_organization": 0.5})
START = datetime(2026, 3, 2, tzinfo=UTC)
FORTNIGHT = Traffic(14.0, text=True)

scores = st.lists(st.integers(-20, 20), min_size=1, max_size=40)


def group(bits: float, best: Hypothesis = CHANCE) -> Assessment:
    weight = round(bits * UNIT)
    return Assessment("innocent", 0, weight, weight, weight, best, NONE, (), NONE, NONE)


def calibration(benign: list[float], *, relation: list[float] | None = None, days: int = 14) -> Calibration:
    span = Span(START, START + timedelta(days=days), 1000, 100, len(benign))
    known = {OPEN: benign, RELATION: relation or []}
    kept = {name: tuple(sorted(round(b * UNIT) for b in values)) for name, values in known.items()}
    return Calibration("own", "0", "e", text=True, spans=(span,), scores=kept)


def claimed(bits: list[float], benign: list[float], *, level: float = 0.9) -> list[Claim]:
    found = {i: group(b) for i, b in enumerate(bits)}
    return list(claims(found, calibration(benign), FORTNIGHT, level=level).values())


def test_the_p_value_is_the_rank_from_the_top_itself_counted() -> None:
    benign = [-5.0, 0.0, 2.0, 2.0]
    assert [0.2, 0.6, 1.0] == [c.p_value for c in claimed([3.0, 2.0, -9.0], benign)]


@given(scores)
def test_p_values_of_exchangeable_groups_are_at_least_uniform(values: list[int]) -> None:
    """Each of n + 1 exchangeable groups is as likely the new one: at most a share a of them may have p ≤ a."""
    p = [conformal_p(v, sorted(values[:i] + values[i + 1 :])) for i, v in enumerate(values)]
    for a in {*p, 0.05, 0.5}:
        assert sum(x <= a for x in p) <= a * len(values) + 1e-9


def test_p_values_of_random_benign_groups_are_at_least_uniform() -> None:
    """Drawn with ties from a lopsided distribution; 4 standard deviations are allowed."""
    rng = np.random.default_rng(4)
    p = []
    for _ in range(2000):
        drawn = np.round(rng.standard_t(2, size=40) * 3).astype(int).tolist()
        p.append(conformal_p(drawn[0], sorted(drawn[1:])))
    for a in (0.025, 0.05, 0.1, 0.25, 0.5):
        assert np.mean(np.array(p) <= a) <= a + 4 * np.sqrt(a * (1 - a) / len(p))


@settings(max_examples=60)
@given(st.lists(st.integers(-10, 10), min_size=1, max_size=12), st.lists(st.integers(-10, 10), min_size=30))
def test_q_is_the_smallest_rate_at_which_benjamini_and_hochberg_discover(
    bits: list[int], benign: list[int]
) -> None:
    found = claimed([float(b) for b in bits], [float(b) for b in benign])
    p = np.sort([c.p_value for c in found])
    for claim in found:
        rates = [p[k] * len(p) / (k + 1) for k in range(len(p)) if p[k] >= claim.p_value]
        assert claim.q_value == pytest.approx(min([*rates, 1.0]))


def test_all_groups_examined_count_those_without_a_p_value_too() -> None:
    found = {0: group(9.0), 1: group(0.0, FIRM), 2: group(0.0, FIRM)}
    q = claims(found, calibration([0.0] * 99), FORTNIGHT, level=0.05)
    assert pytest.approx(3 / 100) == q[0].q_value
    assert [None, None] == [q[1].q_value, q[2].q_value]


def test_a_rate_is_refused_that_the_set_is_too_small_to_express() -> None:
    (refused,) = claimed([9.0], [0.0] * 18, level=0.05)
    (allowed,) = claimed([9.0], [0.0] * 19, level=0.05)
    assert (1 / 19, None) == (refused.p_value, refused.q_value)
    assert "too small: 18 benign groups" in refused.reason
    assert "19 could" in refused.reason
    assert pytest.approx(0.05) == allowed.q_value


@pytest.mark.parametrize("benign", [1, 18, 19, 20, 399, 400])
def test_the_reach_that_is_told_is_the_reach_there_is(benign: int) -> None:
    known = calibration([0.0] * benign)
    most = most_examined(known, OPEN, 0.05)
    for examined in (most, most + 1):
        found = claims({i: group(5.0) for i in range(examined)}, known, FORTNIGHT, level=0.05)
        assert (examined <= most) == all(c.q_value is not None for c in found.values())


def test_a_class_that_was_never_seen_has_no_p_value() -> None:
    found = claims({0: group(9.0, FIRM)}, calibration([0.0] * 500), FORTNIGHT, level=0.05)
    assert (RELATION, None, None) == (found[0].traffic_class, found[0].p_value, found[0].q_value)
    assert "no benign group best explained by a visible relation" in found[0].reason


@pytest.mark.parametrize(
    ("changed", "traffic", "said"),
    [
        pytest.param({"source": "simulated"}, FORTNIGHT, "is simulated", id="simulated"),
        pytest.param({"text": False}, FORTNIGHT, "log had no text, this one has", id="text now"),
        pytest.param({}, Traffic(14.0, text=False), "had text, this one has none", id="no text now"),
        pytest.param({}, Traffic(1.0, text=True), "of 14 days, this scan of 1 days", id="shorter"),
        pytest.param({}, Traffic(90.0, text=True), "of 14 days, this scan of 90 days", id="longer"),
        pytest.param({}, replace(FORTNIGHT, without=("payment",)), "left out (payment)", id="an ablation"),
    ],
)
def test_nothing_is_claimed_of_traffic_unlike_the_calibration(
    changed: dict[str, object], traffic: Traffic, said: str
) -> None:
    known = replace(calibration([0.0] * 500), **changed)
    claim = claims({0: group(9.0)}, known, traffic, level=0.05)[0]
    assert (None, None) == (claim.p_value, claim.q_value)
    assert said in claim.reason


def test_a_claim_says_what_it_rests_on() -> None:
    (claim,) = claimed([9.0], [0.0] * 30)
    assert "30 groups of your own history" in claim.reason
    assert "1 groups examined" in claim.reason
