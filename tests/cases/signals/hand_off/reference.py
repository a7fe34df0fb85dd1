"""Plain reference: bans of accounts with the same main private frame, followed by the first exchange."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import ceil


def reference(tables, window):
    """Value and count of each account."""
    main = main_frames(tables, window)
    low, high = int(window.start.timestamp()) // 3600, ceil(window.end.timestamp() / 3600)
    first, banned = {}, {}
    for row in tables["activity"]:
        if low <= row["hour"] < high:
            first[row["account_id"]] = min(row["hour"], first.get(row["account_id"], row["hour"]))
    for row in tables["ban_times"]:
        if window.start <= row["at"] < window.end:
            hour = int(row["at"].timestamp()) // 3600
            banned[row["account_id"]] = min(hour, banned.get(row["account_id"], hour))
    out = {}
    for account, frame in main.items():
        lost = [hour for other, hour in banned.items() if other != account and main.get(other) == frame]
        if account in first and lost:
            out[account] = (float(sum(first[account] - hour in (0, 1) for hour in lost)), len(lost))
    return out


def main_frames(tables, window):
    """The commonest private template of each account."""
    seen = {row["exchange_id"] for row in tables["keys"] if window.start <= row["ts"] < window.end}
    rarity = {row["template_id"]: row["rarity_bits"] for row in tables["templates"] if not row["public"]}
    counts = defaultdict(Counter)
    for row in tables["exchange_templates"]:
        if row["exchange_id"] in seen and row["template_id"] in rarity:
            counts[row["account_id"]][row["template_id"]] += 1
    known = {frame: -1.0 if bits is None else bits for frame, bits in rarity.items()}
    return {
        account: min(counted, key=lambda frame: (-counted[frame], -known[frame], frame))
        for account, counted in counts.items()
    }
