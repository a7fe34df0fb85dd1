"""Rarity of the account's commonest client combination."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.families import KINDS
from stillwatch.model.registry import signal
from stillwatch.signals.sql.spans import known_by


@signal(
    grain="account",
    reads=["holdings"],
    unit="bits",
    direction=+1,
    version=1,
    family="client",
)
def client_rarity(t: Tables, *, window: Window) -> Relation:
    """Rarity, in bits, of the client combination the account uses most.

    log2 of the accounts with any combination over those with this one.

    A combination that nobody else has links the account to nobody, and gives no row.
    Why it points to distillation: a pool is driven by one program on one platform; a combination of library,
    headers and TLS stack that few accounts have, held by accounts that say they are strangers, came from one
    place.
    Innocent look-alikes: users of a rare open-source agent, an institute with its own gateway, beta versions
    fire. Users of the ordinary SDK stay low.
    Cost of evading it: running the current official SDK on a common platform costs almost nothing; imitating
    many different ones, a few days of work.
    Source: docs/signals/client_rarity.md
    """
    held = (
        "SELECT account_id, value_key, SUM(n) AS n FROM holdings "
        f"WHERE kind = {KINDS['client'].code} AND {known_by(window, 'first_seen')} "
        "GROUP BY account_id, value_key"
    )
    place = "ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY n DESC, value_key)"
    return Relation(
        f"WITH held AS ({held}), "
        "holders AS (SELECT value_key, COUNT(*) AS accounts FROM held GROUP BY value_key), "
        "everybody AS (SELECT COUNT(DISTINCT account_id) AS accounts FROM held), "
        f"main AS (SELECT account_id, value_key, n, {place} AS place FROM held) "
        "SELECT main.account_id AS subject, "
        "ROUND(LOG2(CAST(everybody.accounts AS DOUBLE) / CAST(holders.accounts AS DOUBLE)), 9) AS value, "
        "CAST(main.n AS BIGINT) AS n "
        "FROM main JOIN holders ON holders.value_key = main.value_key CROSS JOIN everybody "
        "WHERE main.place = 1 AND holders.accounts > 1"
    )
