"""Rarity of the account's commonest private template."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.frames import main_frames


@signal(
    grain="account",
    reads=["keys", "templates", "exchange_templates"],
    unit="bits",
    direction=+1,
    version=1,
    family="content",
)
def private_frame(t: Tables, *, window: Window) -> Relation:
    """Rarity, in bits, of the template the account fills most, leaving out templates of the reference corpus.

    Why it points to distillation: several accounts that say they are strangers and fill a frame that stands
    nowhere in public got it from one place.
    Innocent look-alikes: users of one closed-source app, a firm's own prompt, a course hand-out: all private,
    all harmless. It weighs only for accounts that declare nothing in common. Users of a published prompt have
    no value.
    Cost of evading it: use public prompts only, which loses the yield that the tuned frame had, or paraphrase
    each one.
    Source: docs/signals/private_frame.md
    """
    return Relation(
        "SELECT account_id AS subject, "
        "CASE WHEN rarity_bits > 0.0 THEN ROUND(rarity_bits, 9) ELSE CAST(0 AS DOUBLE) END AS value, "
        f"exchanges AS n FROM ({main_frames(window=window).sql}) frames WHERE rarity_bits IS NOT NULL"
    )
