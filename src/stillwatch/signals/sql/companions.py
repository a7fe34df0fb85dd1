"""Who else holds a value, leaving out those who declare the same organization."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Window
from stillwatch.model.families import KINDS
from stillwatch.signals.sql.spans import known_by


def most_companions(kind: str, *, hub: int, window: Window) -> Relation:
    """For each account the largest number of other, undeclared holders of one of its values of a kind.

    Values with more than `hub` holders say little and are left out; accounts with no other value have no row.
    `n` is the number of values looked at.
    """
    held = (
        "SELECT h.account_id, h.value_key, MAX(f.organization) AS organization "
        "FROM holdings h LEFT JOIN facts f ON f.account_id = h.account_id "
        f"WHERE h.kind = {KINDS[kind].code} AND {known_by(window, 'h.first_seen')} "
        "GROUP BY h.account_id, h.value_key"
    )
    return Relation(
        f"WITH held AS ({held}), "
        "everybody AS (SELECT value_key, COUNT(*) AS holders FROM held GROUP BY value_key), "
        "declared AS (SELECT value_key, organization, COUNT(*) AS holders FROM held "
        "WHERE organization IS NOT NULL GROUP BY value_key, organization) "
        "SELECT held.account_id AS subject, "
        "CAST(MAX(everybody.holders - COALESCE(declared.holders, 1)) AS DOUBLE) AS value, COUNT(*) AS n "
        "FROM held JOIN everybody ON everybody.value_key = held.value_key "
        "LEFT JOIN declared ON declared.value_key = held.value_key "
        "AND declared.organization = held.organization "
        f"WHERE everybody.holders <= {hub} GROUP BY held.account_id"
    )
