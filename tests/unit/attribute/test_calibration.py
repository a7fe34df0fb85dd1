"""Calibration files, the curve, and who may use which."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.app.resources import hypotheses, shipped_calibration
from stillwatch.attribute.assess import UNIT, AssessSettings, assess, calibrated
from stillwatch.attribute.calibration import (
    OPEN,
    RELATION,
    Calibration,
    Span,
    calibration_json,
    check_same_pipeline,
    expectations_digest,
    read_calibration,
)
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.model.errors import InputError, StateError, StillwatchError

CURVE = Curve(((-20.0, -3.0), (0.0, 1.0), (20.0, 9.0)))
SPAN = Span(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC), 900, 80, 3, {"why": 2})
OWN = Calibration("own", "0.1.0", "digest", True, (SPAN,), {OPEN: (-5, 0, 7), RELATION: ()}, CURVE)
weights = st.floats(-200, 200)


def test_a_calibration_reads_back_as_it_was() -> None:
    text = calibration_json(OWN)
    assert OWN == read_calibration(text.encode(), where="f")
    assert text == calibration_json(read_calibration(text.encode(), where="f"))


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"version": 99}, StateError, "format 99"),
        ({"source": "bought"}, InputError, "source or class"),
        ({"scores": {"odd": [1]}}, InputError, "source or class"),
        ({"curve": {"knots": [[0, 1], [1, 0]]}}, InputError, "does not rise"),
        ({"scores": {OPEN: ["many"]}}, InputError, "is not a calibration"),
        ({"more": 1}, InputError, "is not a calibration"),
    ],
)
def test_a_file_that_is_no_calibration_is_refused(
    change: dict[str, object], kind: type[StillwatchError], said: str
) -> None:
    text = json.dumps(json.loads(calibration_json(OWN)) | change)
    with pytest.raises(kind, match=said) as caught:
        read_calibration(text.encode(), where="file.json")
    assert "stillwatch calibrate" in caught.value.remedy


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(InputError, match="is not a calibration"):
        read_calibration(b"[hypotheses]", where="file.json")


def test_a_calibration_of_another_version_or_of_other_expectations_is_refused() -> None:
    known = hypotheses()
    digest = expectations_digest(known)
    fits = Calibration("own", "0.1.0", digest, True, (SPAN,), {OPEN: (1,)})
    check_same_pipeline(fits, program="0.1.0", hypotheses=known, where="f")
    with pytest.raises(StateError, match=r"made by Stillwatch 0\.1\.0, this is 0\.2\.0") as caught:
        check_same_pipeline(fits, program="0.2.0", hypotheses=known, where="f")
    assert "again" in caught.value.remedy
    with pytest.raises(StateError, match="other expectations"):
        check_same_pipeline(fits, program="0.1.0", hypotheses=known[:-1], where="f")


def test_the_digest_changes_with_one_expectation() -> None:
    def one(mean: float) -> tuple[Hypothesis, ...]:
        return (Hypothesis("distillation", "", "distillation", -6.0, {"novelty": (mean, 2.0)}),)

    assert expectations_digest(one(0.5)) == expectations_digest(one(0.5))
    assert expectations_digest(one(0.5)) != expectations_digest(one(0.6))


@given(weights, weights)
def test_more_weight_is_never_worth_less(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert CURVE.worth(low) <= CURVE.worth(high)
    assert -3.0 <= CURVE.worth(a) <= 9.0


def test_the_curve_goes_through_its_knots() -> None:
    assert [y for _, y in CURVE.knots] == [CURVE.worth(x) for x, _ in CURVE.knots]


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(1, 5000))
def test_calibration_changes_the_probability_and_nothing_else(value: float, n: int) -> None:
    measured = {"novelty": (value, n), "shared_network": (1 - value, n)}
    raw = assess(measured, hypotheses(), AssessSettings())
    found = calibrated(raw, hypotheses(), CURVE, AssessSettings())
    assert (raw.verdict, raw.weight, raw.low, raw.items) == (
        found.verdict,
        found.weight,
        found.low,
        found.items,
    )
    worth = CURVE.worth(raw.weight / UNIT)
    assert (found.weight + found.correction) / UNIT == pytest.approx(worth, abs=1 / UNIT)
    assert found.posterior["distillation"] == found.p_distillation
    assert sum(found.posterior.values()) == pytest.approx(1.0)


def test_what_ships_is_simulated_rises_and_belongs_to_the_expectations_that_ship() -> None:
    shipped = shipped_calibration()
    assert shipped.source == "simulated"
    assert shipped.curve is not None
    assert all(a[1] < b[1] for a, b in pairwise(shipped.curve.knots))
    assert expectations_digest(hypotheses()) == shipped.expectations, (
        "run `python -m stillwatch.lab.reliability --learn`"
    )
    assert all(shipped.scores[name] for name in (OPEN, RELATION))
