"""The cells of a suite, one after the other, within a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from stillwatch.lab.figures.cell import Done, Failed, Run, kept, run_cell
from stillwatch.lab.figures.suite import Cell, Family

Outcome = Done | Failed


def run_suite(
    families: Sequence[Family],
    work: Path,
    *,
    code: str,
    seconds: float,
    command: Callable[[float], Run],
    say: Callable[[str], None],
) -> dict[Cell, Outcome]:
    """What became of each cell; those that time ran out for are missing.

    First seeds come first, so that an interrupted run has something of every scenario. `command(seconds)` runs
    `stillwatch` for at most so long.
    """
    begun = time.monotonic()
    cells = ordered(families)
    found: dict[Cell, Outcome] = {}
    for number, cell in enumerate(cells, 1):
        outcome: Outcome | None = kept(cell, code, work)
        left = seconds - (time.monotonic() - begun)
        if outcome is None and left > 0:
            say(f"{number} of {len(cells)}: {label(cell)}, {left / 60:.0f} minutes left")
            outcome = run_cell(cell, code, work, command(left))
        if isinstance(outcome, Failed):
            say(f"  failed: {outcome.reason}")
        if outcome is not None:
            found[cell] = outcome
    return found


def ordered(families: Iterable[Family]) -> list[Cell]:
    """Every cell once, first seeds first."""
    ranked = [(i, c) for f in families for v in f.variants for i, c in enumerate(v.cells)]
    return list(dict.fromkeys(cell for _, cell in sorted(ranked, key=lambda pair: pair[0])))


def label(cell: Cell) -> str:
    """The cell in words."""
    options = "".join(f" {option}" for option in (*cell.simulate, *cell.scan))
    return f"{cell.scenario}, scale {cell.scale:g}, seed {cell.seed}{options}"
