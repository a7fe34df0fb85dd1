"""Share of further exchanges that come from a new address."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.families import KINDS
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import quotient
from stillwatch.signals.sql.spans import known_by


@signal(
    grain="account",
    reads=["holdings"],
    unit="share",
    direction=+1,
    version=1,
    family="network",
)
def address_churn(t: Tables, *, window: Window) -> Relation:
    """Share of an account's exchanges after the first that came from an address it had not used before.

    Why it points to distillation: rotating residential proxies give every request another address.
    Innocent look-alikes: mobile carriers, privacy relays, serverless functions and travellers change
    addresses often and fire in part or fully. A home line and a telephone stay near zero.
    Cost of evading it: sticky proxy sessions, at about the same price; then address_sharing or the network
    ranges show.
    Source: docs/signals/address_churn.md
    """
    held = (
        "SELECT account_id, value_key, SUM(n) AS seen FROM holdings "
        f"WHERE kind = {KINDS['address'].code} AND {known_by(window, 'first_seen')} "
        "GROUP BY account_id, value_key"
    )
    return Relation(
        f"SELECT account_id AS subject, {quotient('COUNT(*) - 1', 'SUM(seen) - 1')} AS value, "
        f"CAST(SUM(seen) AS BIGINT) AS n FROM ({held}) held GROUP BY account_id HAVING SUM(seen) > 1"
    )
