"""Fits every table to the public traces and says how well the fit holds.

::

    python -m stillwatch.lab.fit.report --traces DIR --out DIR [--plot FILE]

Writes `lengths.toml`, `clients.toml`, `turns.toml`, `rates.toml` and `arrivals.toml` into the output folder, prints the
table of distances, and draws it. Distances are measured on rows the fit has not seen: it is made on the even
rows or clients and compared with the odd ones. The tables that are written are then made from all rows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.lab.fit import estimate, traces
from stillwatch.lab.fit.distance import ks
from stillwatch.lab.fit.plot import Panel, draw
from stillwatch.lab.fit.samplers import draw_lengths, draw_quantiles, draw_rates, draw_turns
from stillwatch.lab.fit.tables import Rates

Reals = npt.NDArray[np.float64]
PAIRS = ("conversation", "code", "summarise")
# Requests a day: median, spread (0 = the fitted one). Assumed: the trace has large clients only.
ASSUMED: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"person": (6.0, 1.3), "developer": (25.0, 1.7), "batch": (600.0, 0.0), "service": (2_000.0, 0.0)}
)
GAP_SECONDS, GAP_SPREAD = 45.0, 1.1  # pauses between turns; assumed, no public trace has them


@dataclass(frozen=True, slots=True)
class Fit:
    """One comparison: what was compared, real and drawn samples, and their distance."""

    name: str
    unit: str
    real: Reals
    drawn: Reals

    @property
    def distance(self) -> float:
        """Kolmogorov–Smirnov distance."""
        return ks(self.real, self.drawn)

    @property
    def noise(self) -> float:
        """Distance that chance alone exceeds once in twenty times, for samples of these sizes."""
        return 1.36 * float(np.sqrt(1 / len(self.real) + 1 / len(self.drawn)))


def fit_lengths(folder: Path, rng: np.random.Generator) -> tuple[dict[str, Any], list[Fit]]:
    """Entries of `lengths.toml`, and the comparisons."""
    entries, fits = {}, []
    pairs = {name: traces.token_pairs(folder, name) for name in PAIRS}
    pairs["service"] = traces.service_pairs(folder)
    for name, (asked, answered) in pairs.items():
        half = estimate.estimate_lengths(asked[::2], answered[::2])
        inputs, outputs = draw_lengths(rng, len(asked) // 2, half)
        fits.append(Fit(f"{name}: request", "tokens", asked[1::2], inputs.astype(float)))
        fits.append(Fit(f"{name}: answer", "tokens", answered[1::2], outputs.astype(float)))
        entries[name] = asdict(estimate.estimate_lengths(asked, answered))
    return entries, fits


def fit_clients(folder: Path, _rng: np.random.Generator) -> tuple[dict[str, Any], list[Fit]]:
    """Entry of `clients.toml`; a share, nothing to compare."""
    return {"service": asdict(estimate.estimate_clients(*traces.service_clients(folder)))}, []


def fit_turns(folder: Path, rng: np.random.Generator) -> tuple[dict[str, Any], list[Fit]]:
    """Entries of `turns.toml`, and the comparisons."""
    entries, fits = {}, []
    for name in ("coding", "chat"):
        counts = traces.turn_counts(folder, name)
        known = {"gap_seconds": GAP_SECONDS, "gap_spread": GAP_SPREAD}
        half = estimate.estimate_turns(counts[::2], **known)
        drawn = draw_turns(rng, 20_000, half)
        fits.append(
            Fit(f"{name}: turns of a session", "turns", counts[1::2].astype(float), drawn.astype(float))
        )
        entries[name] = asdict(estimate.estimate_turns(counts, **known))
    return entries, fits


def fit_rates(folder: Path, rng: np.random.Generator) -> tuple[dict[str, Any], list[Fit]]:
    """Entries of `rates.toml`: the spread is fitted, the medians are assumed."""
    per_day = np.random.default_rng(5).permutation(estimate.requests_per_day(traces.client_bins(folder)))
    half = estimate.estimate_rates(per_day[::2])
    fit = Fit("requests of a client", "a day", per_day[1::2], draw_rates(rng, 20_000, half))
    spread = estimate.estimate_rates(per_day).spread
    entries = {kind: asdict(Rates(median, assumed or spread)) for kind, (median, assumed) in ASSUMED.items()}
    return entries, [fit]


def fit_arrivals(folder: Path, rng: np.random.Generator) -> tuple[dict[str, Any], list[Fit]]:
    """Entry of `arrivals.toml`, and the comparisons."""
    clients = traces.client_bins(folder)
    clients = [clients[i] for i in np.random.default_rng(5).permutation(len(clients))]
    half = estimate.estimate_arrivals(clients[::2])
    real = np.array([np.median(c.cv) for c in clients[1::2] if len(c.t) >= 20])
    fits = [Fit("burstiness of a client", "cv", real, draw_quantiles(rng, 20_000, half.cv))]
    for name in ("conversation", "code"):
        gaps = estimate.steady_gaps(traces.arrival_times(folder, name))
        shape = estimate.gamma_shape(gaps[::2])
        drawn = rng.gamma(shape, 1 / shape, 20_000)
        fits.append(Fit(f"{name}: time between requests", "of the half minute's mean", gaps[1::2], drawn))
    return {"clients": asdict(estimate.estimate_arrivals(clients))}, fits


def to_toml(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Entries as TOML, numbers with four significant digits."""
    lines = ["# Written by `python -m stillwatch.lab.fit.report`; sources and licences: see README.md here."]
    for name, entry in entries.items():
        lines += ["", f"[{name}]", *(f"{key} = {_number(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def _number(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "[" + ", ".join(_number(item) for item in value) + "]"
    text = f"{float(value):.4g}"
    return str(float(text)) if "e" not in text else repr(float(text))


def main() -> None:
    """Write the tables, print the distances, draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    fits: list[Fit] = []
    for table, fitter in (
        ("lengths", fit_lengths),
        ("clients", fit_clients),
        ("turns", fit_turns),
        ("rates", fit_rates),
        ("arrivals", fit_arrivals),
    ):
        entries, found = fitter(chosen.traces, np.random.default_rng(11))
        (chosen.out / f"{table}.toml").write_text(to_toml(entries), encoding="utf-8")
        fits += found
    sys.stdout.write(distances(fits))
    if chosen.plot:
        draw([Panel(fit.name, fit.unit, fit.real, fit.drawn, fit.distance) for fit in fits], chosen.plot)


def distances(fits: Sequence[Fit], *, samples: tuple[str, str] = ("real", "drawn")) -> str:
    """The table of distances, in Markdown; `samples` says what is compared."""
    head = ("compared", "unit", *samples, "KS distance", "chance (5%)")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [
        f"| {f.name} | {f.unit} | {np.median(f.real):.3g} | {np.median(f.drawn):.3g} "
        f"| {f.distance:.3f} | {f.noise:.3f} |"
        for f in fits
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
