"""Reliability of attribution as a picture. Needs matplotlib (`pip install stillwatch[lab]`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from stillwatch.lab.attribution.figures import Figures

INK, PALE = "#1f4e79", "#8a8f98"


def draw(found: Sequence[Figures], path: Path) -> None:
    """A panel for each set of worlds: share of campaigns that were the actor's, against the probability stated."""
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        canvas = Figure(figsize=(3.7 * len(found), 3.7), layout="constrained")
        axes = canvas.subplots(1, len(found), squeeze=False).ravel()
        for axis, one in zip(axes, found, strict=True):
            axis.plot([0, 1], [0, 1], color=PALE, lw=0.8, ls="--")
            x, y = [b.stated for b in one.bins], [b.seen for b in one.bins]
            ends = [[b.seen - b.seen_low for b in one.bins], [b.seen_high - b.seen for b in one.bins]]
            axis.errorbar(x, y, yerr=ends, fmt="o-", ms=4, lw=1, capsize=2, color=INK)
            axis.set_title(one.title, loc="left", fontsize=8)
            axis.set_xlabel("probability of the actor, at even prior")
            axis.set_ylabel("share that were the actor's")
        canvas.savefig(path, dpi=110, metadata={"Software": None})
