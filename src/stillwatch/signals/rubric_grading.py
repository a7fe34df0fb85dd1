"""Share of requests that have the model grade."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import share_where


@signal(
    grain="account",
    reads=["keys"],
    unit="share",
    direction=+1,
    version=1,
    family="content",
)
def rubric_grading(t: Tables, *, window: Window, threshold: int = 200) -> Relation:
    """Share of an account's requests that have the model grade or compare answers by a rubric.

    `threshold` is the intent score that counts, in 1/100 bit (200 = 2 bits).
    Why it points to distillation: preferences of a strong model are the reward in reinforcement learning of a
    weak one.
    Innocent look-alikes: every evaluation harness with a model as judge, teachers who mark essays, moderation
    queues fire; to tell them, look at slot_novelty and at what they declare. Talk about films ("rate this")
    stays low.
    Cost of evading it: grading through questions of another shape needs several calls for one label.
    Source: docs/signals/rubric_grading.md
    """
    asked = f"intent_rubric >= {threshold}"
    return share_where(asked, among="intent_rubric IS NOT NULL", window=window)
