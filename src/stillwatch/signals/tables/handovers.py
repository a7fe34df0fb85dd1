"""Holdings of kind `handoff`: a request that one account was refused and another sent again.

Whoever sends the very bytes again from another account knows both: a router in front of a pool, a firm's gateway.
Accounts that hand over to one another, directly or through others, hold one value.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.model.engine import Tables
from stillwatch.model.families import KINDS, family_code
from stillwatch.model.kernels.components import components

WITHIN_US = 600_000_000  # in which a router sends a refused request again
HEIRS_US = 86_400_000_000  # in which the next pool does, if nobody else ever sent it
MOST_SENDERS = 4  # accounts that ever sent a prompt; what more of them send comes about twice
MIN_WORDS = 6  # shorter prompts come about twice


def write_handovers(t: Tables) -> None:
    """Add `handoff` rows to `holdings`, for every account that handed a request over or took one."""
    t.define(
        "handed_over",
        f"""
        SELECT DISTINCT a.account_id AS source, b.account_id AS target, a.exact_key, a.ts AS refused_at, b.ts
        FROM keys a
        JOIN (SELECT exact_key, count(DISTINCT account_id) AS senders FROM keys
              WHERE exact_key IS NOT NULL AND tokens >= {MIN_WORDS} GROUP BY exact_key
              HAVING count(DISTINCT account_id) BETWEEN 2 AND {MOST_SENDERS}) s ON s.exact_key = a.exact_key
        JOIN keys b ON b.exact_key = a.exact_key AND b.account_id <> a.account_id AND b.ts > a.ts
        WHERE a.status IN (403, 429)
          AND epoch_us(b.ts) - epoch_us(a.ts) <= CASE WHEN s.senders = 2 THEN {HEIRS_US} ELSE {WITHIN_US} END
        """,
    )
    t.put("handover_pools", _pools(t))
    t.extend(
        "holdings",
        f"""
        SELECT p.account_id, CAST({family_code("timing")} AS SMALLINT) AS family,
               CAST({KINDS["handoff"].code} AS SMALLINT) AS kind, p.value_key, CAST(count(*) AS BIGINT) AS n,
               min(h.refused_at) AS first_seen, max(h.ts) AS last_seen
        FROM handover_pools p
        JOIN (SELECT source AS account_id, refused_at, ts FROM handed_over
              UNION ALL SELECT target AS account_id, refused_at, ts FROM handed_over) h
          ON h.account_id = p.account_id
        GROUP BY p.account_id, p.value_key
        """,
    )
    t.drop("handover_pools")


def _pools(t: Tables) -> pa.Table:
    """Accounts tied by hand-overs and the key of their pool, which is the smallest of their own."""
    rows = t.numpy("SELECT DISTINCT source, target FROM handed_over ORDER BY source, target")
    source, target = (np.asarray(rows[name], np.int64) for name in ("source", "target"))
    accounts = np.unique(np.concatenate([source, target]))
    of = components(len(accounts), np.searchsorted(accounts, source), np.searchsorted(accounts, target))
    return pa.table({"account_id": accounts, "value_key": accounts[of]})
