"""Table `templates`: how widely each frame or wording is used, how rare it is, what it takes."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables
from stillwatch.model.kernels.sketch import INTENT_COLUMNS


def write_templates(t: Tables, *, min_intent: int = 100) -> Relation:
    """Fill `templates` from `exchange_templates` and `public_frames`, which is dropped.

    A mean intent must exceed `min_intent`, in 1/100 bit, to name a capability.
    """
    means = ", ".join(f"avg(coalesce(k.{i}, -1000)) AS {i}" for i in INTENT_COLUMNS)
    t.define(
        "frame_stats",
        f"""
        SELECT e.template_id, count(*) AS exchanges, count(DISTINCT e.account_id) AS accounts,
               count(DISTINCT k.exact_key) AS fillings, {means}
        FROM exchange_templates e JOIN keys k ON k.exchange_id = e.exchange_id
        GROUP BY e.template_id
        """,
    )
    best = f"greatest({', '.join(INTENT_COLUMNS)})"
    named = " ".join(f"WHEN {i} = {best} THEN '{i.removeprefix('intent_')}'" for i in INTENT_COLUMNS)
    found = t.define(
        "templates",
        f"""
        SELECT s.template_id, CAST(NULL AS VARCHAR) AS signature, s.exchanges, s.accounts, s.fillings,
               CASE WHEN p.public THEN 0.0
                    ELSE round(log2(CAST(n.accounts AS DOUBLE) / s.accounts), 9) END AS rarity_bits,
               CASE WHEN {best} <= {min_intent} THEN 'general' {named} END AS capability,
               p.public
        FROM frame_stats s JOIN public_frames p ON p.template_id = s.template_id
        CROSS JOIN (SELECT count(DISTINCT account_id) AS accounts FROM keys) n
        WHERE s.accounts >= 2
        """,
    )
    t.drop("frame_stats")
    t.drop("public_frames")
    return found
