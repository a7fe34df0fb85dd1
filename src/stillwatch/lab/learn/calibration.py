"""The calibration that ships: the curve, learned on calibration traffic, and scores of simulated benign groups.

The curve is learned on groups of scans of the calibration split, each judged by expectations fitted without its run,
since a group is flattered by expectations that it helped to fit; training traffic cannot teach it, since its texts are
those that the intent model was trained on. The benign scores come from the benign scans of the same split, which teach
no expectations, judged by the shipped ones. Measurements are read from the results, so a change of expectations needs
no new scan.

::

    python -m stillwatch.lab.learn.calibration OUT --training RESULTS:TRUTH… --calibration RESULTS:TRUTH…

Of the calibration scans those without any harvest are the benign ones.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillwatch import __version__
from stillwatch.attribute.assess import UNIT, AssessSettings, assess
from stillwatch.attribute.calibration import (
    CLASSES,
    Calibration,
    Span,
    calibration_json,
    expectations_digest,
    traffic_class,
)
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.lab.learn.expectations import DISTILLATION, Labelled, labelled_groups
from stillwatch.lab.learn.holdout import fitted
from stillwatch.lab.learn.shipped import shipped_hypotheses
from stillwatch.lab.refusing import refused
from stillwatch.model.errors import InputError, StillwatchError, UsageError
from stillwatch.store.files import replace_text
from stillwatch.store.results import MARK

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Pair = tuple[Path, Path]


def pairs_of(texts: Sequence[str]) -> list[Pair]:
    """Folders of RESULTS:TRUTH.

    Raises `UsageError` for anything else.
    """
    wrong = [text for text in texts if text.count(":") != 1]
    if wrong:
        raise UsageError(
            f"{wrong[0]!r} is not RESULTS:TRUTH", remedy="Give the two folders with a colon between"
        )
    return [(Path(a), Path(b)) for a, b in (text.split(":") for text in texts)]


def weights(groups: Sequence[Labelled], known: Sequence[Hypothesis]) -> tuple[Floats, Bools]:
    """Added-up weight of each group in bits, uncalibrated, and whether it is a harvest."""
    found = [assess(g.measured, known, AssessSettings()).weight / UNIT for g in groups]
    return np.array(found), np.array([g.hypothesis == DISTILLATION for g in groups], bool)


def teaching(groups: Sequence[Labelled]) -> list[Labelled]:
    """The groups of those runs that hold a harvest."""
    runs = {g.run for g in groups if g.hypothesis == DISTILLATION}
    return [g for g in groups if g.run in runs]


def held_out_weights(taught: Sequence[Labelled], groups: Sequence[Labelled]) -> tuple[Floats, Bools]:
    """As `weights`, each run of the groups judged by expectations fitted on what was `taught` and on the other runs.

    Raises `InputError` without two runs of groups with harvests, or if nothing innocent or no harvest was taught.
    """
    parts = []
    for run in sorted({g.run for g in groups}):
        rest = teaching([g for g in groups if g.run != run])
        if not rest or len({g.hypothesis == DISTILLATION for g in taught}) < 2:
            raise InputError(
                "the other runs do not hold both campaigns and innocent groups",
                where=run,
                remedy="Give scans of two or more runs with campaigns",
            )
        parts.append(weights([g for g in groups if g.run == run], fitted(taught, rest)))
    return np.concatenate([w for w, _ in parts]), np.concatenate([y for _, y in parts])


def learn_curve(weight: Floats, hostile: Bools, *, bins: int = 16) -> Curve:
    """The curve of groups: log2 likelihood ratio in bins, pooled until it rises.

    Bins hold equal shares when both sides count the same. Half a group is added to either side of a bin, so that
    what was never seen is not impossible. Raises `InputError` if one side is missing or more weight does not mean
    more harvests. Source of the pooling: Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution
    function for sampling with incomplete information", 1955.
    """
    n1, n0 = int(hostile.sum()), int((~hostile).sum())
    where = f"{n1} harvests and {n0} innocent groups"
    if not n1 or not n0:
        raise InputError("one side is missing", where=where, remedy="Give scans with campaigns and without")
    order = np.argsort(weight, kind="stable")
    share = np.where(hostile, 0.5 / n1, 0.5 / n0)[order]
    first = np.searchsorted(weight[order], weight[order])  # equal weights stay together
    own = ((np.cumsum(share) - share)[first] * bins * (1 - 1e-9)).astype(int)
    pools: list[_Pool] = []
    for k in np.unique(own):
        pools.append(_Pool(weight[order][own == k], share[own == k], hostile[order][own == k]))
        while len(pools) > 1 and pools[-2].worth(n1, n0) >= pools[-1].worth(n1, n0):
            last = pools.pop()
            pools[-1] = pools[-1].with_(last)
    if len(pools) < 2:
        remedy = "Learn expectations anew"
        raise InputError("more weight does not mean more harvests", where=where, remedy=remedy)
    return Curve(tuple((p.middle, round(p.worth(n1, n0), 3)) for p in pools))


@dataclass(frozen=True, slots=True)
class _Pool:
    """Groups of a stretch in order: weights, shares when both sides count the same, which are harvests."""

    weight: Floats
    share: Floats
    hostile: Bools

    @property
    def middle(self) -> float:
        """Weight that halves the shares."""
        sums = np.cumsum(self.share)
        return round(float(self.weight[np.searchsorted(sums, sums[-1] / 2)]), 3)

    def with_(self, other: _Pool) -> _Pool:
        """Both stretches as one."""
        return _Pool(
            np.concatenate([self.weight, other.weight]),
            np.concatenate([self.share, other.share]),
            np.concatenate([self.hostile, other.hostile]),
        )

    def worth(self, harvests: int, innocent: int) -> float:
        """log2 likelihood ratio of falling into the stretch, of so many in all."""
        h, b = int(self.hostile.sum()), int((~self.hostile).sum())
        return math.log2((h + 0.5) * (innocent + 1) / ((b + 0.5) * (harvests + 1)))


def shipped(training: Sequence[Pair], calibration: Sequence[Pair]) -> Calibration:
    """The calibration of these scans, marked `simulated`."""
    known = shipped_hypotheses()
    taught = [g for results, truth in training for g in labelled_groups(results, truth)]
    runs = [(results, labelled_groups(results, truth)) for results, truth in calibration]
    scores: dict[str, list[int]] = {name: [] for name in CLASSES}
    spans = []
    for results, groups in runs:
        if teaching(groups):
            continue
        for group in groups:
            found = assess(group.measured, known, AssessSettings())
            scores[traffic_class(found)].append(found.weight)
        spans.append(_span(results, len(groups)))
    return Calibration(
        "simulated",
        __version__,
        expectations_digest(known),
        True,
        tuple(spans),
        {name: tuple(sorted(values)) for name, values in scores.items()},
        learn_curve(*held_out_weights(taught, [g for _, groups in runs for g in groups])),
    )


def _span(results: Path, groups: int) -> Span:
    read = json.loads((results / MARK).read_text("utf-8"))["input"]
    first, last = datetime.fromisoformat(read["first"]), datetime.fromisoformat(read["last"])
    return Span(first, last, read["exchanges"], read["accounts"], groups)


def main(argv: Sequence[str]) -> int:
    """Write the file and say what it was made from; exit code 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.learn.calibration", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--training", nargs="+", required=True, metavar="RESULTS:TRUTH")
    parser.add_argument("--calibration", nargs="+", required=True, metavar="RESULTS:TRUTH")
    chosen = parser.parse_args(argv)
    try:
        made = shipped(pairs_of(chosen.training), pairs_of(chosen.calibration))
        replace_text(chosen.out, calibration_json(made))
    except StillwatchError as error:
        return refused(error)
    counts = {name: len(scores) for name, scores in made.scores.items()}
    sys.stdout.write(f"{made.groups} benign groups {counts}; {made.curve}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
