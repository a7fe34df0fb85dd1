"""Shares over an account's exchanges, rounded so that the order of rows does not show."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Window
from stillwatch.signals.sql.spans import within


def quotient(part: str, whole: str) -> str:
    """One number over another, as DOUBLE rounded to nine places."""
    return f"ROUND(CAST({part} AS DOUBLE) / CAST({whole} AS DOUBLE), 9)"


def share_where(condition: str, *, among: str, window: Window) -> Relation:
    """Share of an account's exchanges in `keys` that meet a condition, among those that could say."""
    met = f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"
    return Relation(
        f"SELECT account_id AS subject, {quotient(met, 'COUNT(*)')} AS value, COUNT(*) AS n "
        f"FROM keys WHERE {within(window, 'ts')} AND ({among}) GROUP BY account_id"
    )


def share_of_equal_pairs(column: str, *, window: Window) -> Relation:
    """Chance that two different exchanges of an account agree in a column of `keys`.

    Unlike the share of the commonest value it does not grow when there are few exchanges (Simpson 1949,
    unbiased form). Accounts with one exchange have no row.
    """
    counted = (
        f"SELECT account_id, {column}, COUNT(*) AS c FROM keys "
        f"WHERE {within(window, 'ts')} AND {column} IS NOT NULL GROUP BY account_id, {column}"
    )
    value = quotient("SUM(c * (c - 1))", "SUM(c) * (SUM(c) - 1)")
    return Relation(
        f"SELECT account_id AS subject, {value} AS value, CAST(SUM(c) AS BIGINT) AS n "
        f"FROM ({counted}) counted GROUP BY account_id HAVING SUM(c) > 1"
    )
