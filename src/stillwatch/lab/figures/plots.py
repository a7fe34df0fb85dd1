"""Pictures of figures. Needs matplotlib (`pip install stillwatch[lab]`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import PercentFormatter

from stillwatch.lab.figures.ladder import Step
from stillwatch.lab.intervals import Figure

INK, ALARM = "#1f4e79", "#b3261e"


def draw_shares(figures: Mapping[str, Figure], path: Path, *, title: str, limit: float | None = None) -> None:
    """Shares with their intervals, one below the other; a line where the aim is."""
    known = {name: (f.value, f) for name, f in figures.items() if f.value is not None}
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        canvas = Canvas(figsize=(7, 0.9 + 0.22 * len(known)), layout="constrained")
        axis = canvas.subplots()
        for place, (name, (value, figure)) in enumerate(reversed(known.items())):
            axis.plot([figure.low, figure.high], [place, place], color=INK, lw=1)
            axis.plot([value], [place], "o", color=INK, ms=4, label=name)
        axis.set_yticks(range(len(known)), list(reversed(known)))
        _percent(axis, title)
        if limit is not None:
            axis.axvline(limit, color=ALARM, lw=0.8, ls="--")
        canvas.savefig(path, dpi=110, metadata={"Software": None})


def draw_ladder(steps: Sequence[Step], path: Path, *, limit: float | None = None) -> None:
    """Account and exchange recall against dollars per million exchanges."""
    ordered = sorted(steps, key=lambda s: s.cost)
    cost = [s.cost * 1e6 for s in ordered]
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        canvas = Canvas(figsize=(7, 3.4), layout="constrained")
        axis = canvas.subplots()
        for name, color in (("recall", INK), ("exchange_recall", "#6b7f2a")):
            figures: list[Figure] = [getattr(s, name) for s in ordered]
            value = [f.value if f.value is not None else float("nan") for f in figures]
            axis.plot(cost, value, "o-", color=color, lw=1, ms=4, label=name.replace("_", " "))
            axis.fill_between(
                cost, [f.low for f in figures], [f.high for f in figures], color=color, alpha=0.15
            )
        for number, (step, x) in enumerate(zip(ordered, cost, strict=True)):
            place = (x, 0.02 + 0.05 * (number % 5))  # prices lie close together
            axis.annotate(step.scenario, place, xytext=(3, 0), textcoords="offset points", fontsize=6)
            axis.axvline(x, color=INK, lw=0.3, alpha=0.4)
        if limit is not None:
            axis.axhline(limit, color=ALARM, lw=0.8, ls="--")
        axis.set_xscale("log")
        axis.set_ylim(0, 1.02)
        axis.set_xlabel("what the attacker pays, $ per million exchanges")
        axis.legend(frameon=False)
        canvas.savefig(path, dpi=110, metadata={"Software": None})


def _percent(axis: Axes, title: str) -> None:
    axis.set_xlim(left=min(0.0, axis.get_xlim()[0]))
    axis.xaxis.set_major_formatter(PercentFormatter(1.0))
    axis.set_title(title, loc="left", fontsize=8)
