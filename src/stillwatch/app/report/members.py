"""Members as compact JSON for the table in the page, and the first page of it as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from stillwatch.app.report.results import Results, Row
from stillwatch.app.report.words import bits, chance, count, day, visible
from stillwatch.model.families import FAMILIES

PAGE = 20


@dataclass(frozen=True, slots=True)
class Members:
    """`data` is JSON for the script; `first` holds the cells of the first page, for readers without it."""

    total: int
    data: Markup
    first: tuple[tuple[str, ...], ...]


def members_table(results: Results, campaign_id: str) -> Members:
    """Members of a campaign, strongest first."""
    rows = sorted(
        results.of("members", campaign_id),
        key=lambda r: (-(r["weight_bits"] or 0.0), -r["p_member"], r["account_id"]),
    )
    weights = _weights(results.of("member_evidence", campaign_id))
    first = tuple(_cells(row, weights.get(row["account_id"], {})) for row in rows[:PAGE])
    return Members(len(rows), script_json(_columns(rows, weights)), first)


def script_json(value: Any) -> Markup:
    """JSON that cannot end a script element or be read as markup."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - no markup can be left in it


def _weights(evidence: Sequence[Row]) -> Mapping[str, Mapping[str, float]]:
    weights: dict[str, dict[str, float]] = {}
    for row in evidence:
        if row["weight_bits"] is not None:
            weights.setdefault(row["account_id"], {})[row["family"]] = row["weight_bits"]
    return weights


def _columns(rows: Sequence[Row], weights: Mapping[str, Mapping[str, float]]) -> Mapping[str, Any]:
    """One list per column; weights in tenths of a bit, shares in thousandths, times in minutes."""
    held = [weights.get(r["account_id"], {}) for r in rows]
    families = [f for f in FAMILIES if any(f in h for h in held)]
    return {
        "id": [r["account_id"] for r in rows],
        "role": [r["role"] for r in rows],
        "p": [_scaled(r["p_member"], 1000) for r in rows],
        "bits": [_scaled(r["weight_bits"], 10) for r in rows],
        "own": [r["campaign_exchanges"] for r in rows],
        "all": [r["exchanges"] for r in rows],
        "first": [_minutes(r["first_seen"]) for r in rows],
        "last": [_minutes(r["last_seen"]) for r in rows],
        "stability": [_scaled(r["stability"], 1000) for r in rows],
        "families": families,
        "weights": [[_scaled(h.get(f), 10) for h in held] for f in families],
    }


def _scaled(value: float | None, by: int) -> int | None:
    return None if value is None else round(value * by)


def _minutes(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp()) // 60


def _cells(row: Row, weights: Mapping[str, float]) -> tuple[str, ...]:
    strongest = sorted(weights.items(), key=lambda w: (-w[1], w[0]))
    return (
        visible(row["account_id"], 48),
        row["role"],
        chance(row["p_member"]),
        bits(row["weight_bits"]),
        count(row["campaign_exchanges"]),
        count(row["exchanges"]),
        day(row["first_seen"]),
        day(row["last_seen"]),
        " · ".join(f"{name} {bits(w)}" for name, w in strongest[:3]),
    )
