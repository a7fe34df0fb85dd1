"""The frame an account fills most, leaving out those of the reference corpus."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Window
from stillwatch.signals.sql.spans import within


def main_frames(*, window: Window) -> Relation:
    """One row for each account that fills a private frame: account_id, template_id, rarity_bits, exchanges.

    Ties go to the rarer frame, then to the smaller id.
    """
    filled = (
        "SELECT e.account_id, e.template_id, MAX(t.rarity_bits) AS rarity_bits, COUNT(*) AS exchanges "
        "FROM exchange_templates e JOIN keys k ON k.exchange_id = e.exchange_id "
        "JOIN templates t ON t.template_id = e.template_id "
        f"WHERE {within(window, 'k.ts')} AND (t.public IS NULL OR NOT t.public) "
        "GROUP BY e.account_id, e.template_id"
    )
    order = "exchanges DESC, COALESCE(rarity_bits, -1.0) DESC, template_id"
    return Relation(
        "SELECT account_id, template_id, rarity_bits, exchanges FROM ("
        "SELECT account_id, template_id, rarity_bits, exchanges, "
        f"ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY {order}) AS place "
        f"FROM ({filled}) filled) ranked WHERE place = 1"
    )
