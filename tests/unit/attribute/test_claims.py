"""Claims over many looks: the level is spent once, and innocent runs stay below it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from stillwatch.attribute.assess import UNIT, Assessment
from stillwatch.attribute.claims import Claims, ClaimSettings, bits_for
from stillwatch.attribute.hypotheses import Hypothesis

NOBODY = Hypothesis("unrelated", "chance", "innocent", 0.0, MappingProxyType({}))
NONE = MappingProxyType({})
FOUND = Assessment("distillation", -6 * UNIT, 20 * UNIT, 15 * UNIT, 25 * UNIT, NOBODY, NONE, (), NONE, NONE)


def with_low(bits: float, verdict: str = "distillation") -> Assessment:
    return replace(FOUND, low=round(bits * UNIT), verdict=verdict)


def test_the_shares_of_all_looks_and_groups_never_exceed_the_level() -> None:
    """However many groups come at each look."""
    rng = np.random.default_rng(1)
    fresh = rng.integers(1, 400, 3000)
    spent = sum(int(n) * 2.0 ** (-bits_for(0.05, k, int(n)) / UNIT) for k, n in enumerate(fresh, 1))
    assert 0.04 < spent <= 0.05


def test_what_a_group_needs_is_fixed_when_it_is_first_seen() -> None:
    first = Claims().look({"a": with_low(3)})
    later = first
    for _ in range(50):
        later = later.look({"a": with_low(3), "b": with_low(3)})
    assert first.needed["a"] == later.needed["a"] < later.needed["b"]


@pytest.mark.parametrize(
    ("assessed", "claimed"),
    [
        pytest.param(with_low(12), {"a"}, id="enough"),
        pytest.param(with_low(4), set(), id="too little"),
        pytest.param(with_low(40, "coordinated_other"), set(), id="another verdict"),
    ],
)
def test_a_claim_needs_bits_and_the_verdict(assessed: Assessment, claimed: set[str]) -> None:
    assert claimed == set(Claims().look({"a": assessed}).claimed)


def test_a_claim_stands_at_later_looks() -> None:
    claims = Claims().look({"a": with_low(12)}).look({"b": with_low(0)})
    assert {"a"} == set(claims.claimed)


@pytest.mark.parametrize("level", [0.05, 0.2])
def test_innocent_runs_with_a_claim_stay_below_the_level(level: float) -> None:
    """Likelihood ratios of innocent groups, looked at forty times while they grow, groups coming and going.

    Each is the running ratio of two normal distributions under the wrong one: an e-value that is tight.
    """
    rng = np.random.default_rng(7)
    runs, looks, groups, step = 400, 40, 30, 0.8
    hits = 0
    for _ in range(runs):
        x = rng.normal(size=(groups, looks))
        bits = np.cumsum((step * x - step**2 / 2) / np.log(2.0), axis=1)
        since = rng.integers(0, looks, groups) * (rng.random(groups) < 0.7)
        claims, settings = Claims(), ClaimSettings(level)
        for k in range(looks):
            seen = np.flatnonzero(since <= k)
            claims = claims.look({f"g{g}": with_low(float(bits[g, k])) for g in seen}, settings)
        hits += bool(claims.claimed)
    assert 0 < hits <= level * runs
