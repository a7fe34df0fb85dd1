"""The reliability diagram. Needs matplotlib (`pip install stillwatch[lab]`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from stillwatch.lab.reliability.measures import Bin

INK, PALE = "#1f4e79", "#8a8f98"


def draw_reliability(panels: Mapping[str, Mapping[str, Sequence[Bin]]], path: Path) -> None:
    """A panel per set of runs: share of harvests seen against probability stated, for each kind of probability."""
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        canvas = Figure(figsize=(3.7 * len(panels), 3.7), layout="constrained")
        axes = canvas.subplots(1, len(panels), squeeze=False).ravel()
        for axis, (title, kinds) in zip(axes, panels.items(), strict=True):
            axis.plot([0, 1], [0, 1], color=PALE, lw=0.8, ls="--")
            for (name, bins), color in zip(kinds.items(), (INK, "#b3261e"), strict=False):
                x, y = [b.stated for b in bins], [b.seen for b in bins]
                ends = [[b.seen - b.seen_low for b in bins], [b.seen_high - b.seen for b in bins]]
                axis.errorbar(x, y, yerr=ends, fmt="o", ms=4, lw=1, capsize=2, color=color, label=name)
            axis.set_title(title, loc="left", fontsize=8)
            axis.set_xlabel("probability stated, at even prior")
            axis.set_ylabel("share that are harvests")
            axis.legend(frameon=False, loc="upper left")
        canvas.savefig(path, dpi=110, metadata={"Software": None})
