"""Share of template prompts that nobody sent twice."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import quotient
from stillwatch.signals.sql.spans import within


@signal(
    grain="account",
    reads=["keys", "exchange_templates"],
    unit="share",
    direction=+1,
    version=1,
    family="content",
)
def slot_novelty(t: Tables, *, window: Window) -> Relation:
    """Share of an account's template prompts whose filling nobody else sent and the account sent once.

    Why it points to distillation: whoever builds a data set pays for every filling once; exercises,
    benchmarks and monitors ask the same things again and again. With template_reuse it is the shape of a
    harvest: old frames, new slots.
    Innocent look-alikes: batch annotation and document back-fill fill one frame with ever new documents and
    fire fully. A school class with one set of exercises, or a nightly evaluation, stays near zero.
    Cost of evading it: duplicates are bought on purpose; reaching one half doubles the bill, unless the
    account also carries other traffic.
    Source: docs/signals/slot_novelty.md
    """
    asked = (
        "SELECT exchange_id, account_id, exact_key FROM keys "
        f"WHERE {within(window, 'ts')} AND exact_key IS NOT NULL"
    )
    return Relation(
        f"WITH asked AS ({asked}), "
        "filled AS (SELECT DISTINCT exchange_id FROM exchange_templates), "
        "sent AS (SELECT exact_key, COUNT(*) AS times FROM asked GROUP BY exact_key) "
        "SELECT asked.account_id AS subject, "
        f"{quotient('SUM(CASE WHEN sent.times = 1 THEN 1 ELSE 0 END)', 'COUNT(*)')} AS value, COUNT(*) AS n "
        "FROM asked JOIN filled ON filled.exchange_id = asked.exchange_id "
        "JOIN sent ON sent.exact_key = asked.exact_key GROUP BY asked.account_id"
    )
