"""Figures in words, the same on the terminal and on pages."""

from __future__ import annotations

from stillwatch.lab.aims import Measured, Verdict
from stillwatch.lab.intervals import Figure, Mean, Rate


def figure_cells(f: Figure) -> tuple[str, str, str, str]:
    """Share, interval, counts and number of groups."""
    if f.value is None:
        return ("none", "none", "0", "0")
    return (
        percent(f.value),
        f"{percent(f.low)} to {percent(f.high)}",
        f"{f.part:,} / {f.whole:,}",
        f"{f.groups:,}",
    )


def percent(value: float) -> str:
    """A share in percent, small ones with two digits more."""
    return f"{value:.2%}" if value >= 0.01 or value == 0 else f"{value:.4%}"


def mean_text(m: Mean) -> str:
    """A mean with its interval."""
    if m.value is None:
        return "none"
    return f"{m.value:.3f} ({m.low:.3f} to {m.high:.3f}, n = {m.n})" if m.n > 1 else f"{m.value:.3f} (n = 1)"


def rate_text(r: Rate) -> str:
    """Events per scan with their interval."""
    if r.value is None:
        return "no scan"
    return f"{r.value:.2f} ({r.low:.2f} to {r.high or 0.0:.2f}; {r.events} in {r.scans})"


def aim_row(verdict: Verdict) -> tuple[str, str, str, str, str]:
    """Aim, limit, figure, interval, status."""
    aim, m = verdict.aim, verdict.measured
    limit = f"{'≥' if aim.floor else '≤'} {number(aim.limit, share=aim.is_share)}"
    return (aim.name, limit, *_measured(m, share=aim.is_share), verdict.status)


def _measured(m: Measured | None, *, share: bool) -> tuple[str, str]:
    if m is None:
        return ("none", "none")
    value = number(m.value, share=share)
    if m.low is None or m.high is None:
        return (value, "one measurement")
    return (value, f"{number(m.low, share=share)} to {number(m.high, share=share)}")


def number(value: float, *, share: bool) -> str:
    """A share in percent, another number with few digits."""
    return percent(value) if share else f"{value:,.3g}"
