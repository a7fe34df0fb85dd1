"""Share of prompts that several accounts sent word for word."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import quotient
from stillwatch.signals.sql.spans import within


@signal(
    grain="account",
    reads=["keys"],
    unit="share",
    direction=-1,
    version=1,
    family="content",
)
def shared_items(t: Tables, *, window: Window, min_accounts: int = 3) -> Relation:
    """Share of an account's prompts that several accounts sent word for word.

    Case, digits and spacing aside; several means `min_accounts` or more.

    Why it points away from distillation: a class with one assignment, a benchmark, a viral prompt or an
    evaluation harness repeats items across accounts; a pool that divides a harvest gives each item to one
    account.
    Innocent look-alikes: here the reverse matters. A harvest that draws several answers to each prompt
    through several accounts looks like a benchmark run, so a high value excuses nobody by itself; a person
    with questions of their own is as low as a harvester.
    Cost of evading it: mixing in well-known prompts costs their price, and shows in slot_novelty and
    template_reuse.
    Source: docs/signals/shared_items.md
    """
    asked = f"SELECT account_id, exact_key FROM keys WHERE {within(window, 'ts')} AND exact_key IS NOT NULL"
    shared = f"SUM(CASE WHEN sent.accounts >= {min_accounts} THEN sent_by.times ELSE 0 END)"
    return Relation(
        f"WITH sent_by AS (SELECT account_id, exact_key, COUNT(*) AS times FROM ({asked}) asked "
        "GROUP BY account_id, exact_key), "
        "sent AS (SELECT exact_key, COUNT(*) AS accounts FROM sent_by GROUP BY exact_key) "
        f"SELECT sent_by.account_id AS subject, {quotient(shared, 'SUM(sent_by.times)')} AS value, "
        "CAST(SUM(sent_by.times) AS BIGINT) AS n "
        "FROM sent_by JOIN sent ON sent.exact_key = sent_by.exact_key GROUP BY sent_by.account_id"
    )
