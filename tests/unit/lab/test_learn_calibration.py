"""Learning the curve: it rises, is bounded by the number of groups, and finds a known likelihood ratio."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from stillwatch.lab.learn.calibration import held_out_weights, learn_curve, main, pairs_of, teaching, weights
from stillwatch.lab.learn.expectations import Labelled
from stillwatch.lab.learn.holdout import fitted
from stillwatch.model.errors import InputError, UsageError


def two_sides(n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Scores of innocent groups around −4 and of harvests around +4, spread 4: one bit of score is 0.72 bits."""
    rng = np.random.default_rng(2)
    scores = np.concatenate([rng.normal(-4, 4, n), rng.normal(4, 4, n)])
    return scores, np.arange(2 * n) >= n


def test_the_curve_finds_the_true_likelihood_ratio() -> None:
    curve = learn_curve(*two_sides())
    for score in (-2.0, 0.0, 3.0, 6.0):
        assert curve.worth(score) == pytest.approx(0.5 * score / np.log(2), abs=0.6)


def test_the_curve_rises_and_claims_no_more_than_its_groups_show() -> None:
    scores, hostile = two_sides(60)
    curve = learn_curve(scores, hostile)
    assert curve.rises()
    assert curve.worth(1000.0) <= np.log2(2 * 61)
    assert curve.worth(-1000.0) >= -np.log2(2 * 61)


@pytest.mark.parametrize(
    ("scores", "hostile", "said"),
    [
        ([1.0, 2.0], [True, True], "one side is missing"),
        ([5.0, 5.0, 0.0, 0.0], [False, False, True, True], "more weight does not mean more harvests"),
    ],
)
def test_what_cannot_teach_is_refused(scores: list[float], hostile: list[bool], said: str) -> None:
    with pytest.raises(InputError, match=said):
        learn_curve(np.array(scores), np.array(hostile))


def test_one_run_cannot_judge_itself() -> None:
    groups = [Labelled("run", f"c{i}", 9, kind, {}) for i, kind in enumerate(("distillation", "unrelated"))]
    with pytest.raises(InputError, match="do not hold both"):
        held_out_weights(groups, groups)


def test_a_run_is_judged_by_the_other_runs_with_harvests() -> None:
    def run(name: str, said: float, kinds: Sequence[str]) -> list[Labelled]:
        value = {"distillation": said, "unrelated": 0.02}
        return [
            Labelled(name, f"{k}{i}", 9, k, {"harvest_intent": (value[k], 99)})
            for k in kinds
            for i in range(9)
        ]

    both = ("distillation", "unrelated")
    taught, own, other = run("t", 0.98, both), run("a", 0.5, both), run("b", 0.55, both)
    weight, hostile = held_out_weights(taught, [*own, *other])
    alone = weights(own, fitted(taught))[0]
    assert weight[hostile].min() > 0 > weight[~hostile].max()
    assert weight[: len(own)][hostile[: len(own)]].min() > alone[hostile[: len(own)]].max() + 1
    assert [*own, *other] == teaching([*own, *other, *run("c", 0.5, ["unrelated"])])


def test_pairs_are_results_and_truth() -> None:
    assert [(Path("a"), Path("b/truth"))] == pairs_of(["a:b/truth"])
    with pytest.raises(UsageError, match="is not RESULTS:TRUTH"):
        pairs_of(["a"])


def test_bad_folders_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = f"{tmp_path}:{tmp_path}"
    assert main([str(tmp_path / "out.json"), "--training", "a", "--calibration", pair]) == 2
    assert "is not RESULTS:TRUTH" in capsys.readouterr().err
