"""When the members are active, and how alike they are in how much they take."""

from __future__ import annotations

from stillwatch.model.engine import Tables


def pace(t: Tables) -> list[str]:
    """Statements with rows `clock`, `even_usage` and `two_days`."""
    return [*_clock(t), *_pace(t)]


def _clock(t: Tables) -> list[str]:
    """Features of when the members are active."""
    t.define(
        "group_clock",
        """
        SELECT m.group_id, a.hour % 24 AS slot, CAST(sum(a.n) AS DOUBLE) AS n FROM group_members m
        JOIN activity a ON a.account_id = m.account_id GROUP BY m.group_id, a.hour % 24
        """,
    )
    return [
        """
        SELECT c.group_id, 'clock' AS feature, -sum(c.n / s.n * log2(c.n / s.n)) / log2(24.0) AS value,
               max(s.n) AS n
        FROM group_clock c JOIN (SELECT group_id, sum(n) AS n FROM group_clock GROUP BY group_id) s
        ON s.group_id = c.group_id GROUP BY c.group_id HAVING max(s.n) >= 48
        """
    ]


def _pace(t: Tables) -> list[str]:
    """How alike the members' amounts are, and how much of the whole falls on two days.

    Evenness is `exp(-s)` with s the standard deviation of the logarithm of a member's exchanges: people who happen to
    use one thing differ by orders of magnitude, a shared queue is handed out in like portions.
    """
    t.define(
        "group_days",
        """
        SELECT group_id, ts // 86400000000 AS day, count(*) AS n
        FROM group_moments GROUP BY group_id, ts // 86400000000
        """,
    )
    return [
        """
        SELECT group_id, 'even_usage' AS feature, exp(-stddev_samp(ln(n))) AS value, count(*) AS n
        FROM (SELECT group_id, account_id, count(*) AS n FROM group_exchanges GROUP BY group_id, account_id) AS x
        GROUP BY group_id HAVING count(*) >= 4
        """,
        """
        SELECT d.group_id, 'two_days' AS feature,
               CAST(sum(CASE WHEN d.place <= 2 THEN d.n ELSE 0 END) AS DOUBLE) / sum(d.n) AS value, sum(d.n) AS n
        FROM (SELECT *, row_number() OVER (PARTITION BY group_id ORDER BY n DESC, day) AS place FROM group_days) AS d
        GROUP BY d.group_id
        """,
    ]
