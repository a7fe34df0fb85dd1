"""How far the shipped probabilities hold on scans they were not learned on: a table, a diagram, a page.

::

    python -m stillwatch.lab.reliability --out docs/benchmarks NAME=RESULTS:TRUTH…

Pairs with the same NAME make one set, such as `calibration` or `test`. Measurements are read from the results and
judged by the shipped expectations and curve, so after a change of these no new scan is needed.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stillwatch import __version__
from stillwatch.attribute.assess import UNIT, AssessSettings, assess
from stillwatch.attribute.calibration import expectations_digest
from stillwatch.attribute.curve import Curve
from stillwatch.lab.learn.calibration import pairs_of
from stillwatch.lab.learn.expectations import DISTILLATION, labelled_groups
from stillwatch.lab.learn.shipped import shipped_calibration, shipped_hypotheses
from stillwatch.lab.reference.markdown import table
from stillwatch.lab.reliability.measures import (
    Bin,
    Judged,
    Measure,
    brier,
    calibration_error,
    cllr,
    cllr_min,
    measure,
    reliability,
)
from stillwatch.lab.reliability.plot import draw_reliability
from stillwatch.model.errors import InputError, StillwatchError, UsageError
from stillwatch.store.files import replace_text

RAW, CALIBRATED = "added up", "calibrated"


@dataclass(frozen=True, slots=True)
class Findings:
    """Of one set of runs and one kind of probability: runs, ranges at even prior, measures."""

    runs: Sequence[Judged]
    bins: Sequence[Bin]
    measures: Sequence[Measure]


def judged_runs(pairs: Sequence[tuple[Path, Path]]) -> dict[str, list[Judged]]:
    """The groups of each run, with what their evidence is worth: added up, and calibrated.

    Raises `InputError` if the shipped curve was learned with other expectations than ship.
    """
    known, shipped = shipped_hypotheses(), shipped_calibration()
    curve = shipped.curve
    if curve is None or shipped.expectations != expectations_digest(known):
        raise InputError(
            "the curve was not learned with the expectations that ship",
            where="attribute/calibration.json",
            remedy="Run `python -m stillwatch.lab.learn.calibration` first",
        )
    out: dict[str, list[Judged]] = {RAW: [], CALIBRATED: []}
    for results, truth in pairs:
        groups = labelled_groups(results, truth)
        added = np.array([assess(g.measured, known, AssessSettings()).weight / UNIT for g in groups])
        hostile = np.array([g.hypothesis == DISTILLATION for g in groups], bool)
        out[RAW].append(Judged(results.name, added, hostile))
        out[CALIBRATED].append(Judged(results.name, _worth(curve, added), hostile))
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
        measure(f"calibration error (ECE), prior of {prior_bits:g} bits", calibration_error, runs, prior_bits),
        measure("Cllr", cllr, runs, 0.0),
        measure("Cllr_min", cllr_min, runs, 0.0),
    ]
    return Findings(runs, reliability(runs, 0.0), measures)


def page(found: Mapping[str, Mapping[str, Findings]], picture: str, command: str) -> str:
    """The page: what was measured, the diagram, tables per set, how to run it again."""
    known = shipped_calibration()
    parts = [
        "# Do the probabilities hold?",
        "<!-- Written by `python -m stillwatch.lab.reliability`. Run it again, do not edit. -->",
        "Groups of simulated scans that the curve and the expectations were not learned on, by the probability that "
        "they are a harvest. *Added up* takes prior and evidence as if measurements were independent; *calibrated* is "
        "what `p_distillation` says. Simulated groups say nothing sure about other traffic. Groups are weighted so "
        "that harvests have the share of the prior named; intervals are 95%, bootstrapped over runs and over groups "
        "within runs. Innocent groups include coordinated ones that do not harvest (relays, spam rings).",
        f"![Share of harvests against stated probability]({picture})",
    ]
    for name, kinds in found.items():
        runs = kinds[CALIBRATED].runs
        harvests = sum(int(r.hostile.sum()) for r in runs)
        whole = sum(len(r.hostile) for r in runs)
        parts += [f"## {name.capitalize()} runs", f"{len(runs)} scans, {whole:,} groups, {harvests:,} harvests."]
        parts.append(table(("measure", *kinds), _measure_rows(kinds)))
        parts.append(
            table(
                ("stated, calibrated", "mean stated", "seen", "95% interval", "harvests", "innocent"),
                [_bin_row(b) for b in kinds[CALIBRATED].bins],
            )
        )
    versions = f"Stillwatch {__version__}, Python {platform.python_version()}, numpy {np.__version__}"
    parts += ["## Run it again", f"```sh\n{command}\n```", f"{versions}; expectations {known.expectations}."]
    return "\n\n".join(parts) + "\n"


def _measure_rows(kinds: Mapping[str, Findings]) -> list[tuple[str, ...]]:
    lines = zip(*(f.measures for f in kinds.values()), strict=True)
    return [(line[0].name, *(f"{m.value:.3f} ({m.low:.3f} to {m.high:.3f})" for m in line)) for line in lines]


def _bin_row(b: Bin) -> tuple[str, ...]:
    interval = f"{b.seen_low:.0%} to {b.seen_high:.0%}"
    counts = (f"{b.harvests:,}", f"{b.innocent:,}")
    return (f"{b.low:.0%} to {b.high:.0%}", f"{b.stated:.1%}", f"{b.seen:.1%}", interval, *counts)


def _sets(texts: Sequence[str]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for text in texts:
        name, equals, pair = text.partition("=")
        if not equals:
            raise UsageError(f"{text!r} is not NAME=RESULTS:TRUTH", remedy="Name the set, such as test=out:data/truth")
        out.setdefault(name, []).append(pair)
    return out


def main(argv: Sequence[str]) -> int:
    """Write `reliability.md` and `reliability.png`; exit code 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.reliability", description=__doc__)
    parser.add_argument("runs", nargs="+", metavar="NAME=RESULTS:TRUTH")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"))
    chosen = parser.parse_args(argv)
    try:
        prior = AssessSettings().prior_bits
        found = {
            name: {kind: findings(runs, prior) for kind, runs in judged_runs(pairs_of(pairs)).items()}
            for name, pairs in _sets(chosen.runs).items()
        }
        picture = "reliability.png"
        chosen.out.mkdir(parents=True, exist_ok=True)
        draw_reliability(
            {name: {kind: f.bins for kind, f in kinds.items()} for name, kinds in found.items()},
            chosen.out / picture,
        )
        command = f"python -m stillwatch.lab.reliability {' '.join(argv)}"
        replace_text(chosen.out / "reliability.md", page(found, picture, command))
    except StillwatchError as error:
        sys.stderr.write(f"Error {error.where}: {error.what}\n      {error.remedy}\n")
        return 2
    for name, kinds in found.items():
        for kind, f in kinds.items():
            said = ", ".join(f"{m.name} {m.value:.3f}" for m in f.measures)
            sys.stdout.write(f"{name}, {kind}: {said}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
