"""The head of the report: headline figures, and what the scan had to do without."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stillwatch.app.report.results import Results
from stillwatch.app.report.words import (
    count,
    listed,
    parsed,
    plural,
    share,
    short,
    span,
    spelled,
    title,
    visible,
)

COMPLETE = 0.995  # from this share on, the absence of a field costs nothing worth saying
VERDICT_ORDER = ("distillation", "coordinated_other", "innocent")


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline figure."""

    value: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """One linking field: in what share of the exchanges it is present, and what its absence costs."""

    column: str
    share: float
    costs: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Headline, figures, coverage and settings."""

    headline: str
    scope: str
    accounts: Mapping[str, int]
    figures: tuple[Figure, ...]
    coverage: tuple[Coverage, ...]
    lost: tuple[str, ...]
    without: str
    settings: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    q_reason: str
    probabilities: str


def overview(results: Results) -> Overview:
    """The overview of a scan; whatever the summary lacks is counted from the tables or left out."""
    totals = {verdict: _totals(results, verdict) for verdict in VERDICT_ORDER}
    calibration = _mapping(results.summary, "calibration")
    return Overview(
        headline=_headline(totals),
        accounts={verdict: held for verdict, (_, held, _) in totals.items()},
        scope=_scope(_mapping(results.summary, "input")),
        figures=_figures(totals, _mapping(results.summary, "input")),
        coverage=_coverage(results.summary),
        lost=tuple(visible(text, 400) for text in results.summary.get("lost") or ()),
        without=_without(results.summary.get("without")),
        settings=tuple(_flat(_mapping(results.summary, "settings"))),
        facts=_facts(results.summary, calibration),
        q_reason=visible(calibration.get("q_reason") or "", 600),
        probabilities=visible(calibration.get("probabilities") or "", 300),
    )


def _totals(results: Results, verdict: str) -> tuple[int, int, int]:
    """Campaigns, accounts (each counted once) and exchanges of a verdict."""
    rows = [c for c in results.rows("campaigns") if c["verdict"] == verdict]
    accounts = {m["account_id"] for c in rows for m in results.of("members", c["campaign_id"])}
    held = len(accounts) or sum(c["accounts"] for c in rows)
    return len(rows), held, sum(c["exchanges"] for c in rows)


def _headline(totals: Mapping[str, tuple[int, int, int]]) -> str:
    campaigns, accounts, _ = totals["distillation"]
    if campaigns:
        noun = "campaign" if campaigns == 1 else "campaigns"
        return f"{spelled(campaigns).capitalize()} distillation {noun} in {plural(accounts, 'account')}"
    if totals["coordinated_other"][0]:
        groups = totals["coordinated_other"][0]
        noun = "group" if groups == 1 else "groups"
        return f"No distillation campaign found; {spelled(groups)} {noun} coordinated for other ends"
    return "No distillation campaign found"


def _scope(read: Mapping[str, Any]) -> str:
    if not read:
        return ""
    dates = span(parsed(read.get("first")), parsed(read.get("last")))
    parts = [plural(read.get("exchanges"), "exchange"), plural(read.get("accounts"), "account")]
    return f"{listed(parts)} examined, {dates} (UTC)"


def _without(names: object) -> str:
    """What was left out on request, in words; empty if nothing was."""
    if not isinstance(names, list) or not names:
        return ""
    return (
        f"Left out on request: {listed([visible(name, 40) for name in names])}. Findings lack this evidence."
    )


def _figures(totals: Mapping[str, tuple[int, int, int]], read: Mapping[str, Any]) -> tuple[Figure, ...]:
    campaigns, accounts, exchanges = totals["distillation"]
    other, innocent = totals["coordinated_other"], totals["innocent"]
    return (
        Figure(
            count(campaigns), "distillation campaigns", "evidence above the threshold in two families or more"
        ),
        Figure(count(accounts), "accounts in them", _of(accounts, read.get("accounts"), "accounts")),
        Figure(short(exchanges), "exchanges harvested", _of(exchanges, read.get("exchanges"), "exchanges")),
        Figure(count(other[0]), "coordinated otherwise", f"{plural(other[1], 'account')}; no harvest shown"),
        Figure(
            count(innocent[0]), "look-alikes left alone", f"{plural(innocent[1], 'account')}; not accused"
        ),
    )


def _of(part: int, whole: object, noun: str) -> str:
    return f"{share(part / whole)} of all {noun}" if isinstance(whole, int) and whole else ""


def _coverage(summary: Mapping[str, Any]) -> tuple[Coverage, ...]:
    rows = [row for row in summary.get("coverage") or () if isinstance(row, Mapping)]
    made = [_field(row) for row in rows]
    return tuple(sorted(made, key=lambda c: (c.share, c.column)))


def _field(row: Mapping[str, Any]) -> Coverage:
    part = float(row.get("share") or 0.0)
    costs = "" if part >= COMPLETE else visible(row.get("costs") or "", 300)
    return Coverage(visible(row.get("column", ""), 60), part, costs)


def _facts(summary: Mapping[str, Any], calibration: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    read = _mapping(summary, "input")
    pairs = (
        ("Stillwatch", summary.get("stillwatch")),
        ("Schema", summary.get("schema")),
        ("Digest of the input", read.get("digest")),
        ("Records rejected", count(read["rejects"]) if isinstance(read.get("rejects"), int) else None),
        ("Calibration", title(calibration.get("kind")) if calibration else None),
    )
    return tuple((name, visible(value, 100)) for name, value in pairs if value not in (None, ""))


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Settings as dotted names with their values."""
    flat = []
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat += _flat(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            flat.append((visible(prefix + str(name), 80), visible(text, 200)))
    return flat


def _mapping(summary: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = summary.get(key)
    return value if isinstance(value, Mapping) else {}
