"""Table `activity`: exchanges of an account by hour."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables

_HOUR_US = 3_600_000_000


def write_activity(t: Tables) -> Relation:
    """Fill `activity` from `keys`."""
    return t.define(
        "activity",
        f"""
        SELECT account_id, CAST(epoch_us(ts) // {_HOUR_US} AS BIGINT) AS hour, count(*) AS n,
               sum(CASE WHEN status >= 400 THEN 1 ELSE 0 END) AS errors,
               sum(CAST(coalesce(output_tokens, 0) AS BIGINT)) AS tokens
        FROM keys GROUP BY 1, 2
        """,
    )
