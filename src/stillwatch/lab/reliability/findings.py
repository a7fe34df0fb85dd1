"""All figures of a set of runs whose groups were measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stillwatch.attribute.assess import UNIT, AssessSettings, assess_every
from stillwatch.attribute.calibration import Calibration, expectations_digest
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.lab.learn.calibration import Pair
from stillwatch.lab.learn.expectations import DISTILLATION, Labelled, labelled_groups
from stillwatch.lab.reliability.measures import (
    Judged,
    brier,
    calibration_error,
    cllr,
    cllr_min,
    measure,
    reliability,
)
from stillwatch.lab.reliability.pages import CALIBRATED, RAW, Findings
from stillwatch.model.errors import InputError


def judged_runs(
    pairs: Sequence[Pair], known: Sequence[Hypothesis], calibration: Calibration
) -> dict[str, list[Judged]]:
    """The groups of each run, with what their evidence is worth: added up, and calibrated.

    Raises `InputError` if the curve was learned with other expectations.
    """
    curve_of(known, calibration)
    runs = [(results.parent.name, labelled_groups(results, truth)) for results, truth in pairs]
    both = [judged(name, groups, known, calibration) for name, groups in runs]
    return {RAW: [raw for raw, _ in both], CALIBRATED: [worth for _, worth in both]}


def judged(
    run: str, groups: Sequence[Labelled], known: Sequence[Hypothesis], calibration: Calibration
) -> tuple[Judged, Judged]:
    """The groups of one run by their evidence, added up and calibrated."""
    curve = curve_of(known, calibration)
    found = assess_every([g.measured for g in groups], known, AssessSettings())
    added = np.array([a.weight / UNIT for a in found])
    hostile = np.array([g.hypothesis == DISTILLATION for g in groups], bool)
    worth = np.array([curve.worth(float(w)) for w in added])
    return Judged(run, added, hostile), Judged(run, worth, hostile)


def curve_of(known: Sequence[Hypothesis], calibration: Calibration) -> Curve:
    """The curve of a calibration.

    Raises `InputError` if it was learned with other expectations.
    """
    curve = calibration.curve
    if curve is None or calibration.expectations != expectations_digest(known):
        raise InputError(
            "the curve was not learned with the expectations that ship",
            where="attribute/calibration.json",
            remedy="Run `python -m stillwatch.lab.reliability --learn`",
        )
    return curve


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
