"""Measurements that come from facts of the members' accounts."""

from __future__ import annotations

from stillwatch.model.engine import Tables
from stillwatch.model.families import KINDS


def account_facts(t: Tables) -> list[str]:
    """Features that come from facts of the accounts."""
    t.define(
        "member_facts",
        """
        SELECT m.group_id, f.*, a.first_hour FROM group_members m
        JOIN facts f ON f.account_id = m.account_id
        JOIN (SELECT account_id, min(hour) AS first_hour FROM activity GROUP BY account_id) a
        ON a.account_id = m.account_id
        """,
    )
    one = {
        "declared": ("declared", "CASE WHEN declared <> 0 THEN 1.0 ELSE 0.0 END"),
        "permitted": ("declared", "CASE WHEN declared % 32 >= 16 THEN 1.0 ELSE 0.0 END"),
        "verified": ("verification", "CASE WHEN verification >= 3 THEN 1.0 ELSE 0.0 END"),
        "disposable": ("disposable", "CASE WHEN disposable THEN 1.0 ELSE 0.0 END"),
        "education": ("program", "CASE WHEN program = 1 THEN 1.0 ELSE 0.0 END"),
        "invoiced": ("payment", "CASE WHEN payment = 4 THEN 1.0 ELSE 0.0 END"),
        "short_life": (
            "created_at",
            "CASE WHEN first_hour - epoch_us(created_at) // 3600000000 <= 48 THEN 1.0 ELSE 0.0 END",
        ),
    }
    parts = [
        f"""
        SELECT group_id, '{name}' AS feature, avg({value}) AS value, count(*) AS n
        FROM member_facts WHERE {column} IS NOT NULL GROUP BY group_id
        """
        for name, (column, value) in one.items()
    ]
    parts.append(_commonest("one_organization", "SELECT group_id, organization AS v FROM member_facts"))
    parts.append(
        _commonest(
            "one_domain",
            f"""
            SELECT m.group_id, CASE WHEN m.free_email OR m.disposable THEN NULL ELSE h.value_key END AS v
            FROM member_facts m JOIN holdings h ON h.account_id = m.account_id
            WHERE h.kind = {KINDS["email_domain"].code}
            """,
        )
    )
    return parts


def _commonest(feature: str, rows: str) -> str:
    """Share of members on the commonest value; null where nobody has any."""
    return f"""
        SELECT t.group_id, '{feature}' AS feature, CAST(coalesce(b.top, 0) AS DOUBLE) / t.n AS value, t.n
        FROM (SELECT group_id, count(*) AS n FROM ({rows}) AS x GROUP BY group_id) t
        LEFT JOIN (SELECT group_id, max(n) AS top FROM
                    (SELECT group_id, v, count(*) AS n FROM ({rows}) AS y WHERE v IS NOT NULL GROUP BY group_id, v) AS z
                   GROUP BY group_id) b ON b.group_id = t.group_id
        """
