"""How far the shipped probabilities hold on scans they were not learned on: a table, a diagram, a page.

::

    python -m stillwatch.lab.reliability [PLAN.toml] [--learn] [--work DIR] [--out docs/benchmarks]

Simulates and scans what the plan names (the one that ships by default) and keeps it in the work folder. With
`--learn` the calibration that ships is first written anew: its curve from the training scans, its scores from the
benign scans of the calibration set. Measurements are judged by the shipped expectations, so a change of these needs
`--learn` but no new scan.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from stillwatch import attribute
from stillwatch.attribute.assess import UNIT, AssessSettings, assess
from stillwatch.attribute.calibration import Calibration, calibration_json, expectations_digest
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.lab.figures.cell import Run, command_line
from stillwatch.lab.learn.calibration import Pair, shipped
from stillwatch.lab.learn.expectations import DISTILLATION, labelled_groups
from stillwatch.lab.learn.shipped import shipped_calibration, shipped_hypotheses
from stillwatch.lab.reliability.measures import (
    Judged,
    brier,
    calibration_error,
    cllr,
    cllr_min,
    measure,
    reliability,
)
from stillwatch.lab.reliability.pages import CALIBRATED, PICTURE, RAW, Findings, page
from stillwatch.lab.reliability.plot import draw_reliability
from stillwatch.lab.reliability.runs import Planned, make_runs, measuring_digest, read_plan
from stillwatch.model.errors import InputError, ResourceError, StillwatchError
from stillwatch.store.files import replace_text

SECONDS = 3600.0  # for one simulation or scan


def judged_runs(
    pairs: Sequence[Pair], known: Sequence[Hypothesis], calibration: Calibration
) -> dict[str, list[Judged]]:
    """The groups of each run, with what their evidence is worth: added up, and calibrated.

    Raises `InputError` if the curve was learned with other expectations.
    """
    curve = calibration.curve
    if curve is None or calibration.expectations != expectations_digest(known):
        raise InputError(
            "the curve was not learned with the expectations that ship",
            where="attribute/calibration.json",
            remedy="Add --learn",
        )
    out: dict[str, list[Judged]] = {RAW: [], CALIBRATED: []}
    for results, truth in pairs:
        groups = labelled_groups(results, truth)
        added = np.array([assess(g.measured, known, AssessSettings()).weight / UNIT for g in groups])
        hostile = np.array([g.hypothesis == DISTILLATION for g in groups], bool)
        out[RAW].append(Judged(results.parent.name, added, hostile))
        out[CALIBRATED].append(Judged(results.parent.name, _worth(curve, added), hostile))
    return out


def _worth(curve: Curve, added: np.ndarray) -> np.ndarray:
    return np.array([curve.worth(float(w)) for w in added])


def findings(runs: Sequence[Judged], prior_bits: float) -> Findings:
    """All figures of a set of runs.

    Raises `InputError` if they do not hold both harvests and innocent groups.
    """
    hostile = np.concatenate([r.hostile for r in runs])
    if not hostile.any() or hostile.all():
        raise InputError(
            "no harvests, or nothing but harvests",
            where=", ".join(r.run for r in runs),
            remedy="Give scans with campaigns and without",
        )
    measures = [
        measure("Brier score, even prior", brier, runs, 0.0),
        measure("calibration error (ECE), even prior", calibration_error, runs, 0.0),
        measure(f"Brier score, prior of {prior_bits:g} bits", brier, runs, prior_bits),
        measure(
            f"calibration error (ECE), prior of {prior_bits:g} bits", calibration_error, runs, prior_bits
        ),
        measure("Cllr", cllr, runs, 0.0),
        measure("Cllr_min", cllr_min, runs, 0.0),
    ]
    return Findings(runs, reliability(runs, 0.0), measures)


def main(argv: Sequence[str], command: Callable[[float], Run] = command_line) -> int:
    """Write `reliability.md` and `reliability.png`; exit code 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.reliability", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", help="which scans; without it the plan that ships")
    parser.add_argument("--learn", action="store_true", help="write attribute/calibration.json anew first")
    parser.add_argument("--work", type=Path, default=Path("out/reliability"), help="folder of kept scans")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"), help="folder for the page")
    chosen = parser.parse_args(argv)
    try:
        runs = make_runs(read_plan(chosen.plan), chosen.work, command(SECONDS), _say)
        if chosen.learn:
            _learn(runs)
        known, calibration = shipped_hypotheses(), shipped_calibration()
        found = {name: _set(name, runs, known, calibration) for name in ("calibration", "test")}
        plan = [str(chosen.plan)] if chosen.plan else []
        command_said = " ".join(["python -m stillwatch.lab.reliability", *plan])
        _write(found, calibration, chosen.out, command_said)
    except StillwatchError as error:
        sys.stderr.write(f"Error {error.where}: {error.what}\n      {error.remedy}\n")
        return 2
    for name, kinds in found.items():
        for kind, f in kinds.items():
            _say(f"{name}, {kind}: " + ", ".join(f"{m.name} {m.value:.3f}" for m in f.measures))
    return 0


def _learn(runs: Mapping[Planned, Pair]) -> None:
    taught = [pair for run, pair in runs.items() if run.split == "training"]
    benign = [pair for run, pair in runs.items() if run.split == "calibration" and run.scenario == "benign"]
    made = shipped(taught, benign)
    with resources.as_file(resources.files(attribute) / "calibration.json") as path:
        replace_text(path, calibration_json(made))
    _say(f"{made.groups} benign groups; {made.curve}")


def _set(
    name: str, runs: Mapping[Planned, Pair], known: Sequence[Hypothesis], calibration: Calibration
) -> dict[str, Findings]:
    pairs = [pair for run, pair in runs.items() if run.split == name]
    prior = AssessSettings().prior_bits
    return {k: findings(judged, prior) for k, judged in judged_runs(pairs, known, calibration).items()}


def _write(found: Mapping[str, Mapping[str, Findings]], known: Calibration, out: Path, command: str) -> None:
    bins = {name: {kind: f.bins for kind, f in kinds.items()} for name, kinds in found.items()}
    try:
        out.mkdir(parents=True, exist_ok=True)
        draw_reliability(bins, out / PICTURE)
    except OSError as error:
        raise ResourceError(f"cannot write: {error}", where=str(out), remedy="Free space") from error
    replace_text(out / "reliability.md", page(found, known, command, measuring_digest()))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
