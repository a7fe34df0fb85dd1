"""Share of requests turned away."""

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
    family="timing",
)
def refusals(t: Tables, *, window: Window) -> Relation:
    """Share of an account's requests that were turned away: too many (429) or not allowed (403).

    Why it points to distillation: a pool runs at the limit, because every idle account is money; it meets the
    limit often and goes on.
    Innocent look-alikes: badly written retry loops, load tests, small plans outgrown, revoked keys in
    forgotten jobs all fire. A client that backs off stays low.
    Cost of evading it: staying below the limit takes more accounts in proportion.
    Source: docs/signals/refusals.md
    """
    return share_where("status = 429 OR status = 403", among="status IS NOT NULL", window=window)
