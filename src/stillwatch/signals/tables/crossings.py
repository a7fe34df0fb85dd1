"""Holdings of the protocol family: what only one account can know, used by another.

A conversation that another account continues (its earlier turns contain an answer we sampled), and a
reasoning block that was returned to one account and replayed by another. Both are near-deterministic; a
client that replays inside its own account's conversation never appears here.
"""

from __future__ import annotations

from stillwatch.model.engine import Tables
from stillwatch.model.families import KINDS, family_code

MIN_ANSWER_TOKENS = 32  # shorter answers can come about twice


def write_crossings(t: Tables) -> None:
    """Add `continuation` and `reasoning_replay` rows to `holdings`, for both accounts of each crossing."""
    t.define(
        "continued",
        f"""
        SELECT DISTINCT a.account_id AS source, b.account_id AS target, b.prefix_key AS value_key, b.ts
        FROM (SELECT next_prefix_key, account_id, min(ts) AS ts FROM keys
              WHERE next_prefix_key IS NOT NULL AND output_tokens >= {MIN_ANSWER_TOKENS}
              GROUP BY next_prefix_key, account_id) a
        JOIN keys b ON b.prefix_key = a.next_prefix_key
        WHERE b.account_id <> a.account_id AND b.ts > a.ts
        """,
    )
    t.define(
        "replayed",
        """
        SELECT DISTINCT a.account_id AS source, b.account_id AS target, b.block_key AS value_key, b.ts
        FROM reasoning a JOIN reasoning b ON b.block_key = a.block_key
        WHERE a.returned AND NOT b.returned AND b.account_id <> a.account_id AND b.ts > a.ts
        """,
    )
    owned = "SELECT DISTINCT account_id, block_key FROM reasoning WHERE returned"
    t.define(
        "replayed",
        f"""
        SELECT r.* FROM replayed r
        LEFT JOIN ({owned}) o ON o.account_id = r.target AND o.block_key = r.value_key
        WHERE o.account_id IS NULL
        """,
    )
    sides = [
        _side(side, KINDS[kind].code, table)
        for kind, table in (("continuation", "continued"), ("reasoning_replay", "replayed"))
        for side in ("source", "target")
    ]
    t.extend(
        "holdings",
        f"""
        SELECT account_id, family, kind, value_key, CAST(sum(n) AS BIGINT) AS n,
               min(first_seen) AS first_seen, max(last_seen) AS last_seen
        FROM ({" UNION ALL ".join(sides)}) AS held GROUP BY account_id, family, kind, value_key
        """,
    )


def _side(side: str, code: int, table: str) -> str:
    return f"""
        SELECT {side} AS account_id, CAST({family_code("protocol")} AS SMALLINT) AS family,
               CAST({code} AS SMALLINT) AS kind, value_key, CAST(count(*) AS BIGINT) AS n,
               min(ts) AS first_seen, max(ts) AS last_seen
        FROM {table} GROUP BY {side}, value_key
        """
