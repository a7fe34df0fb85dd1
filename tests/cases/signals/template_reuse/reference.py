"""Plain reference: share of prompts that fill the ten commonest templates of the account."""

from __future__ import annotations

from collections import Counter, defaultdict


def reference(tables, window):
    """Value and count of each account."""
    asked = {
        row["exchange_id"]: row["account_id"]
        for row in tables["keys"]
        if window.start <= row["ts"] < window.end and row["exact_key"] is not None
    }
    frames = defaultdict(set)
    counts = defaultdict(Counter)
    for row in tables["exchange_templates"]:
        if row["exchange_id"] in asked:
            frames[row["exchange_id"]].add(row["template_id"])
            counts[row["account_id"]][row["template_id"]] += 1
    top = {}
    for account, counted in counts.items():
        ranked = sorted(counted, key=lambda frame: (-counted[frame], frame))
        top[account] = set(ranked[:10])
    met, n = Counter(), Counter()
    for exchange, account in asked.items():
        n[account] += 1
        met[account] += bool(frames[exchange] & top.get(account, set()))
    return {account: (met[account] / n[account], n[account]) for account in n}
