"""Moments of the demixed exchanges: what several measurements need of `keys`, joined once."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables


def write_moments(t: Tables) -> Relation:
    """Fill `group_moments`: of each demixed exchange its account, frame (0 without one), time in microseconds, key of
    its text, and whether it was refused."""
    return t.define(
        "group_moments",
        """
        SELECT g.group_id, g.account_id, coalesce(g.template_id, 0) AS template_id, epoch_us(k.ts) AS ts, k.exact_key,
               coalesce(k.status IN (403, 429), FALSE) AS refused
        FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
        """,
    )
