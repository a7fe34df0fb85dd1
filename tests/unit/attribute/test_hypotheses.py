"""Explanations: densities are densities, and a faulty file is refused."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.app.resources import hypotheses
from stillwatch.attribute.features import FEATURES
from stillwatch.attribute.hypotheses import UNIFORM, log2_density, read_hypotheses
from stillwatch.model.errors import ExtensionError

GRID = (np.arange(50_000) + 0.5) / 50_000
GOOD = '[hypotheses.distillation]\nkind = "distillation"\n'


def mass(mean: float, concentration: float) -> float:
    return float(np.exp2(log2_density(GRID, mean, concentration)).mean())


@pytest.mark.parametrize("mean", [0.02, 0.1, 0.5, 0.8, 0.98])
@pytest.mark.parametrize("concentration", [1.5, 3.0, 8.0, 40.0])
def test_a_density_integrates_to_one(mean: float, concentration: float) -> None:
    assert 1.0 == pytest.approx(mass(mean, concentration), abs=0.02)


def test_shipped_densities_integrate_to_one() -> None:
    pairs = {pair for h in hypotheses() for pair in h.expects.values()}
    assert [] == [pair for pair in sorted(pairs) if abs(mass(*pair) - 1) > 0.03]


def test_what_is_expected_speaks_for_and_what_is_not_against() -> None:
    near, far = log2_density(np.array([0.9, 0.1]), 0.9, 8.0)
    assert near > 1
    assert far < -1


def test_no_measurement_decides_alone() -> None:
    assert log2_density(np.array([0.0, 1.0]), 0.5, 500.0).min() >= np.log2(UNIFORM) - 1e-9


def test_the_shipped_file_has_each_kind() -> None:
    found = hypotheses()
    assert {"distillation", "coordinated", "innocent"} == {h.kind for h in found}
    assert {f for h in found for f in h.expects} <= set(FEATURES)


def test_two_things_may_be_true() -> None:
    """A joint explanation expects one thing of the network, another of the rest, and needs the exit to be visible."""
    by_name = {h.name: h for h in hypotheses()}
    joint, chance, way = (by_name[n] for n in ("unrelated_behind_exit", "unrelated", "shared_exit"))
    assert joint.expects["one_exit"] == way.expects["one_exit"]
    assert joint.expects["novelty"] == chance.expects["novelty"]
    assert not joint.shows({"one_exit": 0.1})
    assert joint.shows({"one_exit": 0.9})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[hypotheses", "not TOML"),
        ('[hypotheses.x]\nkind = "innocent"\n', "distillation"),
        (GOOD + '[hypotheses.x]\nkind = "odd"\n', "hypotheses.x"),
        (GOOD + "[hypotheses.distillation.expects]\nshoe_size = [0.5, 2.0]\n", "shoe_size"),
        (GOOD + "[hypotheses.distillation.expects]\nnovelty = [1.5, 2.0]\n", "novelty"),
        (GOOD + "[hypotheses.distillation.expects]\nnovelty = [0.5]\n", "novelty"),
        (
            GOOD + '[hypotheses.x]\nkind = "innocent"\nlike = "y"\nfamilies = { network = "x" }\n',
            "stand before",
        ),
        (GOOD + '[hypotheses.x]\nkind = "innocent"\nlike = "distillation"\n', "stand before"),
    ],
)
def test_a_faulty_file_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ExtensionError, match=said):
        read_hypotheses(text, where="mine.toml")
