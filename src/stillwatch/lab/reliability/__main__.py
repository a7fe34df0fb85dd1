"""How far the shipped probabilities hold on scans they were not learned on: a table, a diagram, a page.

::

    python -m stillwatch.lab.reliability [PLAN.toml] [--learn] [--work DIR] [--out docs/benchmarks]

Simulates and scans what the plan names (the one that ships by default) and keeps it in the work folder. With
`--learn` what ships is first written anew: the expectations fitted on the training scans (what the intent model says:
on the calibration scans with campaigns), the curve learned on the calibration scans, the scores from the benign ones of
these. Measurements are judged by the shipped expectations, so a change of these needs no new scan. The page is of the
test scans. From all comes `left-out.md`: what the explanations are worth for cohorts, campaigns and attack tools that
they were not fitted on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path

from stillwatch import attribute
from stillwatch.attribute.assess import AssessSettings
from stillwatch.attribute.calibration import Calibration, calibration_json
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.lab.figures.cell import command_line
from stillwatch.lab.figures.site import Run
from stillwatch.lab.learn.calibration import shipped, teaching
from stillwatch.lab.learn.expectations import labelled_groups
from stillwatch.lab.learn.holdout import Known, hold_out, known_groups, page_of
from stillwatch.lab.learn.shipped import shipped_calibration, shipped_hypotheses
from stillwatch.lab.learn.write import learned
from stillwatch.lab.refusing import refused
from stillwatch.lab.reliability.findings import findings, judged_runs
from stillwatch.lab.reliability.pages import PICTURE, Findings, page
from stillwatch.lab.reliability.plot import draw_reliability
from stillwatch.lab.reliability.runs import Kept, Planned, make_runs, measuring_digest, read_plan
from stillwatch.model.errors import ResourceError, StillwatchError
from stillwatch.store.files import replace_text

SECONDS = 3600.0  # for one simulation or scan


def main(argv: Sequence[str], command: Callable[[float], Run] = command_line) -> int:
    """Write `reliability.md` with its picture and `left-out.md`; exit code 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.reliability", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", help="which scans; without it the plan that ships")
    parser.add_argument(
        "--learn",
        action="store_true",
        help="write hypotheses.toml and calibration.json of attribute anew first",
    )
    parser.add_argument("--work", type=Path, default=Path("out/reliability"), help="folder of kept scans")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"), help="folder for the page")
    chosen = parser.parse_args(argv)
    try:
        runs = make_runs(read_plan(chosen.plan), chosen.work, command(SECONDS), _say)
        if chosen.learn:
            _learn(runs)
        known, calibration = shipped_hypotheses(), shipped_calibration()
        found = {name: _set(name, runs, known, calibration) for name in ("test",)}
        plan = [str(chosen.plan)] if chosen.plan else []
        command_said = " ".join(["python -m stillwatch.lab.reliability", *plan])
        _write(found, calibration, chosen.out, command_said)
        _write_left_out(runs, chosen.out, command_said)
    except StillwatchError as error:
        return refused(error)
    for name, kinds in found.items():
        for kind, f in kinds.items():
            _say(f"{name}, {kind}: " + ", ".join(f"{m.name} {m.value:.3f}" for m in f.measures))
    return 0


def _learn(runs: Mapping[Planned, Kept]) -> None:
    training, calibration = (
        [kept for run, kept in runs.items() if run.split == split] for split in ("training", "calibration")
    )
    twice = [(results, k.truth) for k in training for results in (k.results, k.apart) if results]
    unseen = [(k.results, k.truth) for k in calibration if teaching(labelled_groups(k.results, k.truth))]
    text, counts = learned(twice, unseen)
    _ship("hypotheses.toml", text)
    _say(f"{sum(counts.values())} groups of {len(training)} training scans")
    made = shipped(*([(k.results, k.truth) for k in of] for of in (training, calibration)))
    _ship("calibration.json", calibration_json(made))
    _say(f"{made.groups} benign groups; {made.curve}")


def _ship(name: str, text: str) -> None:
    with resources.as_file(resources.files(attribute) / name) as path:
        replace_text(path, text)


def _set(
    name: str, runs: Mapping[Planned, Kept], known: Sequence[Hypothesis], calibration: Calibration
) -> dict[str, Findings]:
    pairs = [(kept.results, kept.truth) for run, kept in runs.items() if run.split == name]
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


def _write_left_out(runs: Mapping[Planned, Kept], out: Path, command: str) -> None:
    """Fitted on the training scans without a trait, judged on the groups with it, of all sets."""
    groups: dict[str, list[Known]] = {"training": [], "unseen": [], "others": []}
    for run, kept in runs.items():
        own = known_groups(kept.results, kept.truth)
        unseen = run.split == "calibration" and teaching([known.group for known in own])
        groups["training" if run.split == "training" else "unseen" if unseen else "others"] += own
    held = hold_out(groups["training"], unseen=groups["unseen"], others=groups["others"])
    scans = {
        split: [r.name for r in runs if r.split == split] for split in ("training", "calibration", "test")
    }
    replace_text(out / "left-out.md", page_of(held, scans, command, measuring_digest()))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
