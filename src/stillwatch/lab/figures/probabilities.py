"""Whether the shipped probabilities hold on the scans of a suite: their groups were measured, so no scan is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stillwatch.attribute.assess import AssessSettings
from stillwatch.attribute.calibration import Calibration, expectations_digest
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.lab.figures.cell import Done
from stillwatch.lab.learn.expectations import Labelled
from stillwatch.lab.learn.shipped import shipped_calibration, shipped_hypotheses
from stillwatch.lab.reliability.findings import findings, judged
from stillwatch.lab.reliability.pages import CALIBRATED, INTRO, RAW, Findings, tables_of
from stillwatch.lab.reliability.plot import draw_reliability

NAME = "probabilities"
PICTURE = f"{NAME}.png"


def write(done: Sequence[Done], out: Path, command: str, versions: Sequence[str]) -> bool:
    """Write the page and its diagram; False, and nothing, without both harvests and innocent groups, or where the
    shipped curve was learned with other expectations."""
    known, calibration = shipped_hypotheses(), shipped_calibration()
    if calibration.curve is None or calibration.expectations != expectations_digest(known):
        return False
    runs = [[k.group for k in d.groups] for d in done]
    found = _found(runs, known, calibration)
    if not found:
        return False
    draw_reliability({"suite": {kind: f.bins for kind, f in found.items()}}, out / PICTURE)
    names = sorted({d.cell.scenario for d in done})
    groups = sum(map(len, runs))
    parts = [
        "# Do the probabilities hold on these scans?",
        f"{INTRO} The same for training-like campaigns: [reliability](reliability.md).",
        f"![Share of harvests against stated probability]({PICTURE})",
        f"{len(runs)} scans, {groups:,} groups: {', '.join(names)}.",
        *tables_of(found),
        "## How it was measured",
        f"Command: `{command}`. {'; '.join(versions)}; expectations {calibration.expectations}.",
    ]
    (out / f"{NAME}.md").write_text("\n\n".join(parts) + "\n", "utf-8")
    return True


def _found(
    runs: Sequence[Sequence[Labelled]], known: Sequence[Hypothesis], calibration: Calibration
) -> dict[str, Findings]:
    pairs = [judged(groups[0].run, groups, known, calibration) for groups in runs if groups]
    hostile = np.concatenate([raw.hostile for raw, _ in pairs]) if pairs else np.zeros(0, bool)
    if not hostile.any() or hostile.all():
        return {}
    kinds = {RAW: [raw for raw, _ in pairs], CALIBRATED: [worth for _, worth in pairs]}
    prior = AssessSettings().prior_bits
    return {kind: findings(runs_of, prior) for kind, runs_of in kinds.items()}
