"""Measures of probabilities, and the page of them, on groups whose likelihood ratio is known."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from stillwatch.app.resources import hypotheses, shipped_calibration
from stillwatch.lab.figures.site import Run
from stillwatch.lab.reliability.__main__ import main
from stillwatch.lab.reliability.findings import findings, judged_runs
from stillwatch.lab.reliability.measures import (
    Judged,
    brier,
    calibration_error,
    cllr,
    cllr_min,
    measure,
    reliability,
    shares,
)
from stillwatch.lab.reliability.runs import make_runs, measuring_digest, read_plan
from stillwatch.model.errors import InputError, ResourceError


def honest(run: str, n: int, seed: int) -> Judged:
    """Groups whose evidence is worth exactly what is said."""
    rng = np.random.default_rng(seed)
    hostile = np.arange(2 * n) >= n
    scores = np.where(hostile, rng.normal(2, 2, 2 * n), rng.normal(-2, 2, 2 * n))
    return Judged(run, scores / np.log(2), hostile)


RUNS = [honest("a", 3000, 1), honest("b", 3000, 2)]
LOUD = [Judged(r.run, r.worth * 3, r.hostile) for r in RUNS]


def test_shares_make_the_prior() -> None:
    hostile = np.array([True, False, False, False])
    assert shares(hostile, -2.0)[hostile].sum() == pytest.approx(0.2)
    assert shares(hostile, -2.0).sum() == pytest.approx(1.0)


def test_a_perfect_judge_scores_nothing_and_a_silent_one_a_bit() -> None:
    hostile = np.array([True, True, False, False])
    sure, silent = np.where(hostile, 50.0, -50.0), np.zeros(4)
    assert [0, 0, 0, 0] == pytest.approx(
        [m(sure, hostile, 0.0) for m in (brier, calibration_error, cllr, cllr_min)]
    )
    assert [0.25, 1, 1] == pytest.approx([m(silent, hostile, 0.0) for m in (brier, cllr, cllr_min)])


def test_honest_evidence_is_calibrated_at_any_prior_and_exaggeration_is_not() -> None:
    for prior in (0.0, -4.0):
        honestly, loudly = (measure("", calibration_error, runs, prior).value for runs in (RUNS, LOUD))
        assert honestly < 0.02
        assert loudly > 3 * honestly
    assert measure("", cllr, RUNS, 0.0).value < measure("", cllr, LOUD, 0.0).value


def test_the_best_curve_costs_no_more_and_does_not_see_scale() -> None:
    for runs in (RUNS, LOUD):
        worth = np.concatenate([r.worth for r in runs])
        hostile = np.concatenate([r.hostile for r in runs])
        assert cllr_min(worth, hostile) <= cllr(worth, hostile) + 1e-9
    assert measure("", cllr_min, RUNS, 0.0).value == pytest.approx(measure("", cllr_min, LOUD, 0.0).value)


def test_intervals_hold_their_values() -> None:
    for m in (measure("", score, RUNS, 0.0) for score in (brier, calibration_error, cllr, cllr_min)):
        assert m.low <= m.value <= m.high
    for b in reliability(RUNS, 0.0):
        assert b.low <= b.stated <= b.high
        assert b.seen_low <= b.seen <= b.seen_high
        assert b.seen_low - 0.02 <= b.stated <= b.seen_high + 0.02


def test_no_harvest_among_a_few_groups_is_no_certainty() -> None:
    hostile = np.array([True] * 50 + [False] * 60)
    worth = np.where(hostile, 6.0, -6.0)
    worth[50:60] = 0.1  # ten innocent groups alone in the middle
    middle = [b for b in reliability([Judged("a", worth, hostile)], 0.0) if b.low < 0.5 < b.high]
    assert [(0, 10)] == [(b.harvests, b.innocent) for b in middle]
    assert (0.0, True) == (middle[0].seen, middle[0].seen_high > 0.25)


def test_one_sided_runs_are_refused() -> None:
    only = Judged("a", np.zeros(3), np.zeros(3, bool))
    with pytest.raises(InputError, match="no harvests"):
        findings([only], -6.0)


def test_a_curve_of_other_expectations_is_refused() -> None:
    with pytest.raises(InputError, match="not learned with the expectations"):
        judged_runs([], hypotheses()[:-1], shipped_calibration())


def test_the_shipped_plan_keeps_seeds_apart() -> None:
    plan = read_plan(None)
    assert {"training", "calibration", "test"} == {run.split for run in plan}
    by_split = {s: {r.seed for r in plan if r.split == s} for s in ("training", "calibration", "test")}
    assert sum(map(len, by_split.values())) == len(set().union(*by_split.values()))
    assert max(r.seed for r in plan) < 300


def test_a_seed_in_two_sets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    same = "".join(
        f'[[{s}]]\nscenario = "benign"\nscale = 1\nseeds = [1]\n' for s in ("training", "calibration", "test")
    )
    path.write_text(same)
    with pytest.raises(InputError, match="a seed in common"):
        read_plan(path)


def nothing(_: object) -> None:
    pass


def copying(results: Path, truth: Path, ran: list[str]) -> Run:
    """Instead of simulating and scanning, copies what was simulated and scanned before."""

    def run(arguments: Sequence[str]) -> None:
        out = Path(arguments[arguments.index("--out") + 1])
        ran.append(arguments[0])
        if arguments[0] == "simulate":
            shutil.copytree(truth, out / "truth")
        else:
            shutil.copytree(results, out)

    return run


def test_scans_are_made_once_and_kept(tmp_path: Path) -> None:
    made, truth = tmp_path / "made", tmp_path / "truth"
    made.mkdir(), truth.mkdir()
    (made / "summary.json").write_text("{}")
    ran: list[str] = []
    plan = read_plan(None)[:2]
    for _ in range(2):
        folders = make_runs(plan, tmp_path / "work", copying(made, truth, ran), nothing)
    assert ["simulate", "scan", "scan"] * 2 == ran  # the second with pieces apart
    assert all((k.results / "summary.json").exists() and k.truth.is_dir() for k in folders.values())
    assert all(k.apart is not None and (k.apart / "summary.json").exists() for k in folders.values())
    assert {measuring_digest()} == {p.name for p in (tmp_path / "work").iterdir()}


def test_a_plan_that_cannot_be_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.toml"), "--work", str(tmp_path)]) == 2
    assert "no plan" in capsys.readouterr().err


def test_no_room_for_scans_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file")
    with pytest.raises(ResourceError, match="cannot write"):
        make_runs(read_plan(None)[:1], tmp_path / "work", nothing, nothing)
