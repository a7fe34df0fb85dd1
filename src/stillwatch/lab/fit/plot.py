"""Draws real against drawn distributions. Needs matplotlib (`pip install stillwatch[lab]`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

Reals = npt.NDArray[np.float64]
COLUMNS = 4
TITLE = 46  # characters of a line of a title


@dataclass(frozen=True, slots=True)
class Panel:
    """One comparison to draw."""

    name: str
    unit: str
    real: Reals
    drawn: Reals
    distance: float


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Distribution functions of real and drawn values, a panel each, as PNG."""
    rows = -(-len(panels) // COLUMNS)
    with mpl.rc_context({"font.size": 7, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 1.9 * rows), layout="constrained")
        axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axis, panel in zip(axes, panels, strict=False):
            for values, label, style in ((panel.real, "trace", "-"), (panel.drawn, "simulator", "--")):
                ordered = np.sort(values)
                shares = np.arange(1, len(ordered) + 1) / len(ordered)
                thin = np.unique(np.linspace(0, len(ordered) - 1, 300).astype(int))
                axis.plot(np.maximum(ordered[thin], 1e-4), shares[thin], style, lw=1.2, label=label)
            axis.set_xscale("log")
            title = f"{panel.name} ({panel.unit}), KS {panel.distance:.3f}"
            axis.set_title(fill(title, TITLE), fontsize=7)
        for axis in axes[len(panels) :]:
            axis.set_visible(False)
        axes[0].legend(frameon=False)
        figure.savefig(path, dpi=95)
