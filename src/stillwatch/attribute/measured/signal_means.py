"""Measurements that are the members' mean of a signal."""

from __future__ import annotations

FROM_SIGNALS = ("hand_off", "address_churn", "token_limit", "refusals", "model_pivot")


def signal_means() -> list[str]:
    """Features that are the members' mean of a signal."""
    names = ", ".join(f"'{name}'" for name in FROM_SIGNALS)
    return [
        f"""
        SELECT m.group_id, s.signal AS feature, avg(s.value) AS value, count(*) AS n
        FROM group_members m JOIN scores s ON s.subject = m.account_id
        WHERE s.signal IN ({names}) GROUP BY m.group_id, s.signal
        """
    ]
