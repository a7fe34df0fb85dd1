"""Share of requests that draw out reasoning."""

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
def reasoning_elicitation(t: Tables, *, window: Window, threshold: int = 200) -> Relation:
    """Share of an account's requests that ask for the reasoning itself: the trace, tagged or word for word.

    `threshold` is the intent score that counts, in 1/100 bit (200 = 2 bits).
    Why it points to distillation: the trace is what a student model is trained on, and what providers hide.
    Innocent look-alikes: teachers and pupils ("show each step"), people who debug their prompts, researchers
    of faithfulness fire. Questions that merely need thought do not.
    Cost of evading it: asking for the trace indirectly yields traces of lower quality; wording it afresh
    costs a model call a prompt.
    Source: docs/signals/reasoning_elicitation.md
    """
    asked = f"intent_reasoning >= {threshold}"
    return share_where(asked, among="intent_reasoning IS NOT NULL", window=window)
