"""What the demixed exchanges ask for: intents, novelty of fillings, turns, schemas, lengths."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.model.engine import Tables
from stillwatch.model.kernels.sketch import INTENT_COLUMNS

INTENT = 200  # 1/100 bit from which a prompt counts as asking for training data
# measurement: exchanges it is a share of
SHARES: Mapping[str, str] = MappingProxyType(
    {
        "single_turn": "with_turn",
        "harvest_intent": "with_text",
        "schema_share": "n",
        "long_answers": "with_tokens",
        "private_frames": "with_text",
    }
)


def content(t: Tables) -> list[str]:
    """Statements with the measurements of the demixed exchanges."""
    _write_content(t)
    _write_texts(t)
    shares = [
        f"SELECT group_id, '{name}' AS feature, {name} AS value, {n} AS n FROM group_content WHERE {n} > 0"
        for name, n in SHARES.items()
    ]
    return [*shares, *_others()]


def _write_content(t: Tables) -> None:
    asked = ", ".join(f"avg(CASE WHEN {i} >= {INTENT} THEN 1.0 ELSE 0.0 END) AS {i}" for i in INTENT_COLUMNS)
    t.define(
        "group_content",
        f"""
        SELECT g.group_id, count(*) AS n, count(k.exact_key) AS with_text, count(k.turn) AS with_turn,
               count(k.output_tokens) AS with_tokens,
               avg(CASE WHEN k.turn = 0 THEN 1.0 WHEN k.turn > 0 THEN 0.0 END) AS single_turn,
               avg(CASE WHEN greatest({", ".join(INTENT_COLUMNS)}) >= {INTENT} THEN 1.0 ELSE 0.0 END) AS harvest_intent,
               avg(CASE WHEN coalesce(k.schema_key, k.tools_key) IS NULL THEN 0.0 ELSE 1.0 END) AS schema_share,
               avg(CASE WHEN k.output_tokens > q.long THEN 1.0 ELSE 0.0 END) AS long_answers,
               avg(CASE WHEN p.public OR g.template_id IS NULL THEN 0.0 ELSE 1.0 END) AS private_frames, {asked}
        FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
        LEFT JOIN templates p ON p.template_id = g.template_id
        CROSS JOIN (SELECT quantile_disc(output_tokens, 0.75) AS long FROM keys) q
        GROUP BY g.group_id
        """,
    )


def _write_texts(t: Tables) -> None:
    t.define(
        "group_texts",
        """
        SELECT group_id, exact_key, count(*) AS n, min(account_id) < max(account_id) AS several
        FROM group_moments WHERE exact_key IS NOT NULL GROUP BY group_id, exact_key
        """,
    )
    t.define(
        "group_sizes",
        """
        SELECT m.group_id, sum(a.n) AS exchanges FROM group_members m
        JOIN (SELECT account_id, sum(n) AS n FROM activity GROUP BY account_id) a ON a.account_id = m.account_id
        GROUP BY m.group_id
        """,
    )


def _others() -> list[str]:
    return [
        f"""
        SELECT group_id, 'one_intent' AS feature, greatest({", ".join(INTENT_COLUMNS)}) AS value, with_text AS n
        FROM group_content WHERE with_text > 0
        """,
        """
        SELECT c.group_id, 'flow_share' AS feature, CAST(c.n AS DOUBLE) / s.exchanges AS value, s.exchanges AS n
        FROM group_content c JOIN group_sizes s ON s.group_id = c.group_id
        """,
        """
        SELECT group_id, 'novelty' AS feature, CAST(count(*) AS DOUBLE) / sum(n) AS value, sum(n) AS n
        FROM group_texts GROUP BY group_id
        """,
        """
        SELECT group_id, 'repeated' AS feature,
               CAST(sum(CASE WHEN several THEN n ELSE 0 END) AS DOUBLE) / sum(n) AS value, sum(n) AS n
        FROM group_texts GROUP BY group_id
        """,
    ]
