"""Laws of evidence: weights add up, intervals hold them, order and names decide nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, assess, probability
from stillwatch.attribute.features import FEATURES
from stillwatch.attribute.hypotheses import Hypothesis

Measured = dict[str, tuple[float, int]]
KINDS = {"distillation": "distillation", "spam": "coordinated", "class": "innocent", "chance": "innocent"}
shares = st.floats(0, 1).map(lambda x: round(x, 6))
features = st.sampled_from(sorted(FEATURES))
measured = st.dictionaries(features, st.tuples(shares, st.integers(1, 5000)), max_size=20)
expects = st.dictionaries(features, st.tuples(st.floats(0.02, 0.98), st.floats(1.5, 8.0)), max_size=20)


@st.composite
def explanations(draw: st.DrawFn) -> tuple[Hypothesis, ...]:
    return tuple(
        Hypothesis(name, name, kind, draw(st.floats(-6, 0)), draw(expects)) for name, kind in KINDS.items()
    )


def found(values: Measured, hypotheses: tuple[Hypothesis, ...]) -> Assessment:
    return assess(values, hypotheses, AssessSettings())


@given(measured, explanations())
def test_items_families_and_weight_add_up(values: Measured, hypotheses: tuple[Hypothesis, ...]) -> None:
    a = found(values, hypotheses)
    assert a.weight == sum(i.bits for i in a.items) == sum(w for w, _, _ in a.families.values())
    for family, (weight, _, _) in a.families.items():
        assert weight == sum(i.bits for i in a.items if FEATURES[i.feature].family == family)


@given(measured, explanations())
def test_prior_and_weight_are_the_log_odds(values: Measured, hypotheses: tuple[Hypothesis, ...]) -> None:
    a = found(values, hypotheses)
    bits = max(-60.0, min(60.0, (a.prior + a.weight) / UNIT))
    assert a.p_distillation == pytest.approx(1 / (1 + 2**-bits), rel=1e-9)
    if abs(bits) < 20:
        odds = a.p_distillation / (1 - a.p_distillation)
        assert math.log2(odds) == pytest.approx(bits, abs=1e-6)


@given(measured, explanations())
def test_intervals_hold_their_weights(values: Measured, hypotheses: tuple[Hypothesis, ...]) -> None:
    a = found(values, hypotheses)
    assert a.low <= a.weight <= a.high
    assert all(low <= weight <= high for weight, low, high in a.families.values())
    assert all(i.low <= i.bits <= i.high for i in a.items)


@given(measured, explanations())
def test_distillation_needs_two_strong_families_one_beside_content(
    values: Measured, hypotheses: tuple[Hypothesis, ...]
) -> None:
    a = found(values, hypotheses)
    s = AssessSettings()
    strong = {f for f, (bits, _, _) in a.families.items() if bits >= s.family_bits * UNIT}
    if a.verdict == "distillation":
        assert len(strong) >= 2
        assert strong - {"content"}
        assert a.low > s.threshold_bits * UNIT


@given(measured, explanations())
def test_explanations_share_one_probability(values: Measured, hypotheses: tuple[Hypothesis, ...]) -> None:
    a = found(values, hypotheses)
    assert 1.0 == pytest.approx(sum(a.posterior.values()))
    assert a.posterior["distillation"] == a.p_distillation


@given(measured, explanations(), st.randoms(use_true_random=False))
def test_order_of_measurements_does_not_matter(
    values: Measured, hypotheses: tuple[Hypothesis, ...], order: object
) -> None:
    mixed = list(values.items())
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert found(values, hypotheses) == found(dict(mixed), hypotheses)


@given(explanations())
def test_nothing_measured_is_no_evidence(hypotheses: tuple[Hypothesis, ...]) -> None:
    a = found({}, hypotheses)
    assert (0, 0, 0) == (a.weight, a.low, a.high)
    assert "distillation" != a.verdict


@given(st.tuples(shares, st.integers(2, 500)), explanations())
def test_more_accounts_make_the_interval_narrower(
    value: tuple[float, int], hypotheses: tuple[Hypothesis, ...]
) -> None:
    few = found({"novelty": value}, hypotheses)
    many = found({"novelty": (value[0], value[1] * 1000)}, hypotheses)
    assert (many.high - many.low) <= (few.high - few.low) + UNIT // 2


@settings(max_examples=30)
@given(st.integers(-100_000, 100_000))
def test_probability_is_symmetric(bits: int) -> None:
    assert 1.0 == pytest.approx(probability(bits) + probability(-bits))
