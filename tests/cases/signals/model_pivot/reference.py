"""Plain reference: share of first-day exchanges that went to the new model."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta


def reference(tables, window):
    """Value and count of each account."""
    releases = {}
    for row in sorted(tables["release_times"], key=lambda row: row["released_at"], reverse=True):
        if window.start <= row["released_at"] < window.end:
            releases[row["model_key"]] = row["released_at"]
    seen = defaultdict(list)
    for row in tables["keys"]:
        if window.start <= row["ts"] < window.end:
            seen[row["account_id"]].append((row["ts"], row["model_key"]))
    out = {}
    for account, exchanges in seen.items():
        began = min(ts for ts, _ in exchanges)
        found = []
        for model, at in releases.items():
            day = [m for ts, m in exchanges if at <= ts < at + timedelta(hours=24) and m is not None]
            if day and began < at:
                found.append((round(day.count(model) / len(day), 9), len(day)))
        if found:
            out[account] = max(found)
    return out
