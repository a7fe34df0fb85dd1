"""A harvest inside a relay's traffic: of a mixed group only the flows that build a data set are the group's.

A relay's accounts share the frames of its customers as well as the harvest's, and the customers send most. A flow (a
frame, or a system text where no frame was found) builds a data set if its prompts ask for training data, its
fillings are new and nobody follows up; public frames are the customers' as well. Where many members carry such flows,
and most of the group's traffic is of another sort, the rest is the customers' own.
"""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.model.engine import Tables
from stillwatch.model.kernels.sketch import INTENT_COLUMNS


@dataclass(frozen=True, slots=True)
class DemixSettings:
    """A flow builds a data set if the share `asking` of its prompts has `intent` (1/100 bit), the share `fresh` of
    them is new, and the share `single` has no earlier turns. `carried`: share of the members that must carry one
    that at least `spread` of them carry, since a customer's own is on a few accounts, `each` exchanges of it or more on
    average, since a few requests of many accounts ask for training data by chance; `mixed`: share of the traffic
    that builds a data set, or at least `leans` to what asks for training data (1/100 bit), from which on a group is
    what it takes, and stays whole."""

    intent: int = 200
    leans: int = 0
    asking: float = 0.3
    fresh: float = 0.2
    single: float = 0.8
    carried: float = 0.5
    spread: int = 5
    each: float = 3.0
    mixed: float = 0.5


def demix(t: Tables, settings: DemixSettings | None = None) -> None:
    """Keep in `group_exchanges` of mixed groups only the flows that build a data set; `mixed_groups` names these."""
    s = settings or DemixSettings()
    _write_asking(t, s)
    t.define(
        "building_flows",
        f"""
        SELECT f.group_id, f.unframed, f.flow, count(DISTINCT f.account_id) AS accounts FROM flow_exchanges f
        JOIN asking_flows a ON a.group_id = f.group_id AND a.unframed = f.unframed AND a.flow = f.flow
        GROUP BY f.group_id, f.unframed, f.flow HAVING count(DISTINCT f.exact_key) >= {s.fresh} * count(*)
        """,
    )
    t.define(
        "built_exchanges",
        """
        SELECT f.group_id, f.exchange_id, f.account_id, b.accounts AS carriers FROM flow_exchanges f
        JOIN building_flows b ON b.group_id = f.group_id AND b.unframed = f.unframed AND b.flow = f.flow
        """,
    )
    _write_mixed(t, s)
    if t.rows("mixed_groups"):
        t.define(
            "group_exchanges",
            f"""
            SELECT g.* FROM group_exchanges g
            LEFT JOIN mixed_groups m ON m.group_id = g.group_id
            LEFT JOIN built_exchanges b
              ON b.group_id = g.group_id AND b.exchange_id = g.exchange_id AND b.carriers >= {s.spread}
            WHERE m.group_id IS NULL OR b.exchange_id IS NOT NULL
            """,
        )
    for name in ("flow_sums", "asking_flows", "flow_exchanges", "building_flows", "built_exchanges"):
        t.drop(name)


def _write_asking(t: Tables, s: DemixSettings) -> None:
    """Tables `flow_sums`, `asking_flows`: of groups that may be mixed the flows that build a data set if their fillings
    are new; and `flow_exchanges` of these groups."""
    intent = f"greatest({', '.join(f'k.{name}' for name in INTENT_COLUMNS)})"
    t.define(
        "flow_sums",
        f"""
        SELECT g.group_id, g.template_id IS NULL AS unframed, coalesce(g.template_id, k.system_key, 0) AS flow,
               count(*) AS n, sum(CASE WHEN k.turn > 0 THEN 0 ELSE 1 END) AS single,
               sum(CASE WHEN {intent} >= {s.intent} THEN 1 ELSE 0 END) AS asks,
               sum(CASE WHEN {intent} >= {s.leans} THEN 1 ELSE 0 END) AS leaning
        FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
        GROUP BY g.group_id, g.template_id IS NULL, coalesce(g.template_id, k.system_key, 0)
        """,
    )
    t.define(
        "asking_flows",
        f"""
        SELECT f.group_id, f.unframed, f.flow FROM flow_sums f
        JOIN (SELECT group_id FROM flow_sums GROUP BY group_id
              HAVING sum(leaning) < {s.mixed} * CAST(sum(n) AS BIGINT)) w ON w.group_id = f.group_id
        LEFT JOIN templates p ON p.template_id = f.flow AND NOT f.unframed
        WHERE NOT coalesce(p.public, FALSE) AND f.asks >= {s.asking} * f.n AND f.single >= {s.single} * f.n
        """,
    )
    t.define(
        "flow_exchanges",
        """
        SELECT g.group_id, g.exchange_id, g.account_id, g.template_id IS NULL AS unframed,
               coalesce(g.template_id, k.system_key, 0) AS flow, k.exact_key
        FROM group_exchanges g JOIN (SELECT DISTINCT group_id FROM asking_flows) a ON a.group_id = g.group_id
        JOIN keys k ON k.exchange_id = g.exchange_id
        """,
    )


def _write_mixed(t: Tables, s: DemixSettings) -> None:
    """Table `mixed_groups`."""
    t.define(
        "mixed_groups",
        f"""
        SELECT b.group_id
        FROM (SELECT group_id, count(*) AS n, sum(CASE WHEN carriers >= {s.spread} THEN 1 ELSE 0 END) AS spread,
                     count(DISTINCT CASE WHEN carriers >= {s.spread} THEN account_id END) AS accounts
              FROM built_exchanges GROUP BY group_id) b
        JOIN (SELECT group_id, count(*) AS n, count(DISTINCT account_id) AS accounts
              FROM flow_exchanges GROUP BY group_id) w ON w.group_id = b.group_id
        WHERE b.accounts >= {s.carried} * w.accounts AND b.spread >= {s.each} * b.accounts
          AND b.n < {s.mixed} * w.n
        """,
    )
