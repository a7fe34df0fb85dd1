"""Share of requests that carry no earlier turn."""

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
def stateless(t: Tables, *, window: Window) -> Relation:
    """Share of an account's requests that carry no earlier turn.

    Why it points to distillation: rows of a data set are asked for one by one; people and assistants carry a
    conversation along.
    Innocent look-alikes: classification, extraction, translation and most batch work is stateless by nature
    and fires fully; weak without other evidence. People who chat stay low.
    Cost of evading it: carrying turns along costs their input tokens, or less with a prompt cache.
    Source: docs/signals/stateless.md
    """
    return share_where("turn = 0", among="turn IS NOT NULL", window=window)
