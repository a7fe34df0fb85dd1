"""Result rows about accounts and exchanges of campaigns."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.model.engine import Tables
from stillwatch.model.families import BY_CODE, FAMILIES

CITED = 5  # values named of each account, the ones that groups favour most
HARVESTER = 0.5  # from this share of demixed exchanges on an account is a harvester


def members(t: Tables) -> pa.Table:
    """Rows of `members`; an account with a small demixed share and a life of its own is a relay."""
    return t.query(
        f"""
        SELECT n.campaign_id, a.name AS account_id,
               CASE WHEN v.verdict <> 'distillation' THEN 'unclear'
                    WHEN x.mine >= {HARVESTER} * s.n THEN 'harvester'
                    WHEN x.mine > 0 THEN 'relay' ELSE 'unclear' END AS role,
               round(1.0 / (1.0 + pow(2.0, -least(60.0, m.log_odds))), 6) AS p_member,
               round(m.log_odds, 4) AS weight_bits, m.stability, s.n AS exchanges,
               CAST(coalesce(x.mine, 0) AS BIGINT) AS campaign_exchanges, x.first_seen, x.last_seen
        FROM group_members m
        JOIN campaign_names n ON n.group_id = m.group_id
        JOIN verdicts v ON v.group_id = m.group_id
        JOIN account_names a ON a.account_id = m.account_id
        JOIN (SELECT account_id, CAST(sum(n) AS BIGINT) AS n FROM activity GROUP BY account_id) s
          ON s.account_id = m.account_id
        LEFT JOIN (SELECT g.group_id, g.account_id, count(*) AS mine, min(k.ts) AS first_seen,
                          max(k.ts) AS last_seen
                   FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
                   GROUP BY g.group_id, g.account_id) x
          ON x.group_id = m.group_id AND x.account_id = m.account_id
        """
    )


def member_evidence(t: Tables) -> pa.Table:
    """Rows of `member_evidence`; the interval is that of the favoured values' share among the members."""
    _cite(t)
    parts = []
    for number, family in enumerate(FAMILIES, start=1):
        parts.append(
            f"""
            SELECT m.group_id, m.account_id, '{family}' AS family, m.bits_{family} AS bits,
                   coalesce(w.half, 1.0) AS half, v.rows
            FROM group_members m
            LEFT JOIN (SELECT group_id, min(1.96 * 1.4427 * sqrt((with_kind - favoured + 0.5) /
                                  ((favoured + 0.5) * (with_kind + 1.0)))) AS half
                       FROM group_kinds WHERE kind // 100 = {number} AND favoured > 0 GROUP BY group_id) w
              ON w.group_id = m.group_id
            LEFT JOIN cited v
              ON v.family = {number} AND v.group_id = m.group_id AND v.account_id = m.account_id
            WHERE m.bits_{family} <> 0
            """
        )
    return t.query(
        f"""
        SELECT n.campaign_id, a.name AS account_id, e.family, round(e.bits, 4) AS weight_bits,
               round(e.bits - e.half, 4) AS low, round(e.bits + e.half, 4) AS high, e.rows
        FROM ({" UNION ALL ".join(parts)}) AS e
        JOIN campaign_names n ON n.group_id = e.group_id
        JOIN account_names a ON a.account_id = e.account_id
        """
    )


def _cite(t: Tables) -> None:
    """Table `cited` (group_id, account_id, family, rows): of each member and family the favoured values that are named.

    They are chosen before they are spelled out, for all families at once: there are many.
    """
    t.put(
        "kind_names",
        pa.table({"kind": pa.array(list(BY_CODE), pa.int64()), "name": [k.name for k in BY_CODE.values()]}),
    )
    t.define(
        "cited",
        f"""
        SELECT x.group_id, x.account_id, x.kind // 100 AS family,
               list('holdings/' || n.name || '/' || CAST(x.value_key AS VARCHAR) ORDER BY x.place) AS rows
        FROM (SELECT g.group_id, h.account_id, h.kind, h.value_key, row_number() OVER (
                     PARTITION BY g.group_id, h.account_id, g.kind // 100
                     ORDER BY g.lift_bits DESC, g.kind, h.value_key) AS place
              FROM group_values g
              JOIN holdings h ON h.kind = g.kind AND h.value_key = g.value_key
              JOIN group_members q ON q.group_id = g.group_id AND q.account_id = h.account_id) x
        JOIN kind_names n ON n.kind = x.kind
        WHERE x.place <= {CITED} GROUP BY x.group_id, x.account_id, x.kind // 100
        """,
    )


def campaign_exchanges(t: Tables) -> pa.Table:
    """Rows of `campaign_exchanges`: harvest of distillation campaigns; of other coordinated groups `unclear`.

    Innocent groups have no rows: nobody's ordinary traffic is called a campaign's.
    """
    return t.query(
        """
        SELECT n.campaign_id, x.name AS exchange_id,
               CASE WHEN v.verdict = 'distillation' THEN 'harvest' ELSE 'unclear' END AS role,
               round(greatest(0.5, g.p), 6) AS p
        FROM group_exchanges g
        JOIN campaign_names n ON n.group_id = g.group_id
        JOIN verdicts v ON v.group_id = g.group_id AND v.verdict <> 'innocent'
        JOIN exchange_names x ON x.exchange_id = g.exchange_id
        """
    )


def indicators(t: Tables) -> pa.Table:
    """Rows of `indicators`: favoured values of campaigns that are not innocent."""
    return t.query(
        """
        SELECT n.campaign_id, q.name AS kind, g.value_key, CAST(NULL AS VARCHAR) AS exchange_id,
               g.inside AS accounts, round(log2(p.accounts / CAST(g.holders AS DOUBLE)), 4) AS rarity_bits,
               h.first_seen, h.last_seen
        FROM group_values g
        JOIN verdicts v ON v.group_id = g.group_id AND v.verdict <> 'innocent'
        JOIN campaign_names n ON n.group_id = g.group_id
        JOIN kind_names q ON q.kind = g.kind
        CROSS JOIN (SELECT CAST(count(DISTINCT account_id) AS DOUBLE) AS accounts FROM activity) p
        LEFT JOIN (SELECT g.group_id, h.kind, h.value_key, min(h.first_seen) AS first_seen,
                          max(h.last_seen) AS last_seen
                   FROM group_values g JOIN holdings h ON h.kind = g.kind AND h.value_key = g.value_key
                   JOIN group_members m ON m.group_id = g.group_id AND m.account_id = h.account_id
                   GROUP BY g.group_id, h.kind, h.value_key) h
          ON h.group_id = g.group_id AND h.kind = g.kind AND h.value_key = g.value_key
        """
    )


def campaign_activity(t: Tables) -> pa.Table:
    """Rows of `campaign_activity`."""
    return t.query(
        """
        SELECT n.campaign_id, date_trunc('hour', k.ts) AS hour, count(*) AS exchanges,
               count(DISTINCT k.account_id) AS accounts
        FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
        JOIN campaign_names n ON n.group_id = g.group_id
        GROUP BY n.campaign_id, date_trunc('hour', k.ts)
        """
    )


def campaign_templates(t: Tables) -> pa.Table:
    """Rows of `campaign_templates`, signatures from the table `signatures`."""
    return t.query(
        """
        SELECT n.campaign_id, f.template_id, s.signature, f.accounts, f.exchanges, f.fillings,
               round(p.rarity_bits, 4) AS rarity_bits, p.capability
        FROM (SELECT g.group_id, g.template_id, count(DISTINCT g.account_id) AS accounts,
                     count(*) AS exchanges, count(DISTINCT k.exact_key) AS fillings
              FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
              WHERE g.template_id IS NOT NULL GROUP BY g.group_id, g.template_id) f
        JOIN campaign_names n ON n.group_id = f.group_id
        JOIN templates p ON p.template_id = f.template_id
        LEFT JOIN signatures s ON s.template_id = f.template_id
        """
    )
