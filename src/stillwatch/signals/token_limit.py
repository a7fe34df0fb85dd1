"""Share of answers cut off by the length limit."""

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
def token_limit(t: Tables, *, window: Window) -> Relation:
    """Share of an account's answers that ended at the length limit rather than of themselves.

    Why it points to distillation: a harvest takes as many tokens as it is sold, and does not mind a cut
    answer.
    Innocent look-alikes: badly set limits, autocomplete and classification with a limit of a few tokens fire
    fully; chat at the default limit stays near zero.
    Cost of evading it: a higher limit, almost free; so it convicts nobody and its absence says nothing.
    Source: docs/signals/token_limit.md
    """
    return share_where("finish = 2", among="finish >= 1 AND finish <= 3", window=window)
