"""The page of reliability figures."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch import __version__
from stillwatch.attribute.calibration import Calibration
from stillwatch.lab.reference.markdown import table
from stillwatch.lab.reliability.measures import Bin, Judged, Measure

RAW, CALIBRATED = "added up", "calibrated"
PICTURE = "reliability.png"
INTRO = (
    "Groups of simulated scans that the curve and the expectations were not learned on, by the probability that "
    "they are a harvest. *Added up* takes prior and evidence as if measurements were independent; *calibrated* is "
    "what `p_distillation` says. Simulated groups say nothing sure about other traffic. Groups are weighted so "
    "that harvests have the share of the prior named; intervals are 95%, bootstrapped over runs and over groups "
    "within runs. Innocent groups include coordinated ones that do not harvest (relays, spam rings)."
)


@dataclass(frozen=True, slots=True)
class Findings:
    """Of one set of runs and one kind of probability: runs, ranges at even prior, measures."""

    runs: Sequence[Judged]
    bins: Sequence[Bin]
    measures: Sequence[Measure]


def page(found: Mapping[str, Mapping[str, Findings]], known: Calibration, command: str, code: str) -> str:
    """The page: what was measured, the diagram, tables per set, how to run it again."""
    parts = [
        "# Do the probabilities hold?",
        "<!-- Written by `python -m stillwatch.lab.reliability`. Run it again, do not edit. -->",
        INTRO,
        f"![Share of harvests against stated probability]({PICTURE})",
    ]
    for name, kinds in found.items():
        runs = kinds[CALIBRATED].runs
        harvests = sum(int(r.hostile.sum()) for r in runs)
        whole = sum(len(r.hostile) for r in runs)
        said = (
            f"{len(runs)} scans, {whole:,} groups, {harvests:,} harvests: {', '.join(r.run for r in runs)}."
        )
        parts += [f"## {name.capitalize()} runs", said, *tables_of(kinds)]
    versions = f"Stillwatch {__version__}, Python {platform.python_version()}, numpy {np.__version__}"
    parts += [
        "## Run it again",
        f"```sh\n{command}\n```",
        f"{versions}; measured by code {code}, expectations {known.expectations}.",
    ]
    return "\n\n".join(parts) + "\n"


def tables_of(kinds: Mapping[str, Findings]) -> list[str]:
    """Measures of each kind of probability side by side, and the ranges of the calibrated ones."""
    head = ("stated, calibrated", "mean stated", "seen", "95% interval", "harvests", "innocent")
    return [
        table(("measure", *kinds), _measure_rows(kinds)),
        table(head, [_bin_row(b) for b in kinds[CALIBRATED].bins]),
    ]


def _measure_rows(kinds: Mapping[str, Findings]) -> list[tuple[str, ...]]:
    lines = zip(*(f.measures for f in kinds.values()), strict=True)
    return [(line[0].name, *(f"{m.value:.3f} ({m.low:.3f} to {m.high:.3f})" for m in line)) for line in lines]


def _bin_row(b: Bin) -> tuple[str, ...]:
    interval = f"{b.seen_low:.0%} to {b.seen_high:.0%}"
    counts = (f"{b.harvests:,}", f"{b.innocent:,}")
    return (f"{b.low:.0%} to {b.high:.0%}", f"{b.stated:.1%}", f"{b.seen:.1%}", interval, *counts)
