"""Estimates find the parameters that samples were drawn with."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.lab.fit.estimate import estimate_clients


@pytest.mark.parametrize("between", [0.0, 0.6])
def test_variance_between_clients_is_found_again(between: float) -> None:
    """Lengths are a monotone function of a client's level and noise."""
    rng = np.random.default_rng(6)
    owner = np.repeat(np.arange(200), 400)
    score = np.sqrt(between) * rng.standard_normal(200)[owner] + np.sqrt(1 - between) * rng.standard_normal(
        80_000
    )
    found = estimate_clients(owner, np.exp(score), rng.random(80_000))
    assert found.asked == pytest.approx(between, abs=0.08)
    assert found.answered == pytest.approx(0, abs=0.02)
