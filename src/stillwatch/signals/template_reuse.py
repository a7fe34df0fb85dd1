"""Share of an account's prompts that fill its commonest templates."""

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
def template_reuse(t: Tables, *, window: Window, top: int = 10) -> Relation:
    """Share of an account's prompts that fill its ten commonest templates.

    Why it points to distillation: a harvest of any size is written by a program that fills slots in a few
    frames; people word each question anew.
    Innocent look-alikes: nightly evaluations, support bots, batch annotation and every other program with a
    fixed prompt fire just as strongly, so it tells programs from people and no more. Somebody who now and
    then uses a well-known prompt stays low.
    Cost of evading it: about one extra model call for each prompt, to paraphrase it until no frame survives.
    Source: docs/signals/template_reuse.md
    """
    asked = f"SELECT exchange_id, account_id FROM keys WHERE {within(window, 'ts')} AND exact_key IS NOT NULL"
    counted = (
        "SELECT e.account_id, e.template_id, COUNT(*) AS c FROM exchange_templates e "
        "JOIN asked ON asked.exchange_id = e.exchange_id GROUP BY e.account_id, e.template_id"
    )
    ranked = (
        "SELECT account_id, template_id, "
        "ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY c DESC, template_id) AS place "
        f"FROM ({counted}) counted"
    )
    filled = (
        f"SELECT DISTINCT e.exchange_id FROM exchange_templates e JOIN ({ranked}) ranked "
        "ON ranked.account_id = e.account_id AND ranked.template_id = e.template_id "
        f"WHERE ranked.place <= {top}"
    )
    return Relation(
        f"WITH asked AS ({asked}), filled AS ({filled}) "
        f"SELECT asked.account_id AS subject, {quotient('COUNT(filled.exchange_id)', 'COUNT(*)')} AS value, "
        "COUNT(*) AS n FROM asked LEFT JOIN filled ON filled.exchange_id = asked.exchange_id "
        "GROUP BY asked.account_id"
    )
