"""Plain reference: share of requests that ask for the commonest capability."""

from __future__ import annotations

from collections import Counter, defaultdict

KINDS = ("reasoning", "rubric", "generation", "evolution", "agentic", "solutions", "sensitive")


def reference(tables, window):
    """Value and count of each account."""
    asked, n = defaultdict(Counter), Counter()
    for row in tables["keys"]:
        scores = {kind: row[f"intent_{kind}"] for kind in KINDS}
        known = [score for score in scores.values() if score is not None]
        if window.start <= row["ts"] < window.end and known:
            n[row["account_id"]] += 1
            for kind, score in scores.items():
                asked[row["account_id"]][kind] += score is not None and score >= 200
    return {account: (max(asked[account].values()) / n[account], n[account]) for account in n}
