"""Share of requests that are short replies in a conversation."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import share_where


@signal(
    grain="account",
    reads=["keys"],
    unit="share",
    direction=-1,
    version=1,
    family="content",
)
def follow_ups(t: Tables, *, window: Window, max_words: int = 40) -> Relation:
    """Share of an account's requests that look like a person's short reply.

    Such a request carries earlier turns, brings at most `max_words` new words, and its answer is no tool
    call.

    Why it points away from distillation: whoever needs an answer asks back; whoever needs a row of data does
    not.
    Innocent look-alikes: here the reverse matters. Programs that only classify never ask back either, so a
    low value is common and weak; a trickle of chat through a harvesting account raises it.
    Cost of evading it: a scripted second turn doubles the requests, and its wording becomes a template of its
    own.
    Source: docs/signals/follow_ups.md
    """
    reply = f"turn > 0 AND tokens <= {max_words} AND (finish IS NULL OR finish <> 3)"
    return share_where(reply, among="turn IS NOT NULL AND tokens IS NOT NULL", window=window)
