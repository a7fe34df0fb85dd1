"""Share of requests that have the model write or evolve tasks."""

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
def task_generation(t: Tables, *, window: Window, threshold: int = 200) -> Relation:
    """Share of an account's requests that have the model write tasks, or make given ones harder.

    `threshold` is the intent score that counts, in 1/100 bit (200 = 2 bits).
    Why it points to distillation: self-instruction and prompt evolution are how the question side of a
    training set is made.
    Innocent look-alikes: teachers who write exercises, quiz sites, people who test their own product with
    invented cases, permitted synthetic data: all fire. A request for one recipe or plan does not.
    Cost of evading it: tasks can be taken from elsewhere, at a loss of variety; then the answers are
    harvested instead.
    Source: docs/signals/task_generation.md
    """
    asked = f"intent_generation >= {threshold} OR intent_evolution >= {threshold}"
    among = "intent_generation IS NOT NULL OR intent_evolution IS NOT NULL"
    return share_where(asked, among=among, window=window)
