"""Plain reference: share of requests that have tasks written or evolved."""

from __future__ import annotations

from collections import Counter


def reference(tables, window):
    """Value and count of each account."""
    met, n = Counter(), Counter()
    for row in tables["keys"]:
        known = [row[c] for c in ("intent_generation", "intent_evolution") if row[c] is not None]
        if window.start <= row["ts"] < window.end and known:
            n[row["account_id"]] += 1
            met[row["account_id"]] += max(known) >= 200
    return {account: (met[account] / n[account], n[account]) for account in n}
