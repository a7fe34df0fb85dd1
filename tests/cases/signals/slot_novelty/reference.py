"""Plain reference: share of template prompts with a slot that occurs once in the window."""

from __future__ import annotations

from collections import Counter


def reference(tables, window):
    """Value and count of each account."""
    asked = [
        row
        for row in tables["keys"]
        if window.start <= row["ts"] < window.end and row["exact_key"] is not None
    ]
    times = Counter(row["exact_key"] for row in asked)
    filled = {row["exchange_id"] for row in tables["exchange_templates"]}
    met, n = Counter(), Counter()
    for row in asked:
        if row["exchange_id"] in filled:
            n[row["account_id"]] += 1
            met[row["account_id"]] += times[row["exact_key"]] == 1
    return {account: (met[account] / n[account], n[account]) for account in n}
