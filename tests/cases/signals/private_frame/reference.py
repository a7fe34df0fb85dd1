"""Plain reference: rarity of the commonest private template."""

from __future__ import annotations

from collections import Counter, defaultdict


def reference(tables, window):
    """Value and count of each account."""
    seen = {row["exchange_id"] for row in tables["keys"] if window.start <= row["ts"] < window.end}
    rarity = {row["template_id"]: row["rarity_bits"] for row in tables["templates"] if not row["public"]}
    counts = defaultdict(Counter)
    for row in tables["exchange_templates"]:
        if row["exchange_id"] in seen and row["template_id"] in rarity:
            counts[row["account_id"]][row["template_id"]] += 1
    out = {}
    for account, counted in counts.items():
        known = {frame: -1.0 if rarity[frame] is None else rarity[frame] for frame in counted}
        main = min(counted, key=lambda frame: (-counted[frame], -known[frame], frame))
        if rarity[main] is not None:
            out[account] = (max(0.0, rarity[main]), counted[main])
    return out
