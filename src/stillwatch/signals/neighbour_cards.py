"""Other accounts whose card number is a neighbour."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.companions import most_companions


@signal(
    grain="account",
    reads=["holdings", "facts"],
    unit="count",
    direction=+1,
    version=2,
    family="payment",
)
def neighbour_cards(t: Tables, *, window: Window, hub: int = 1000) -> Relation:
    """Largest number of other accounts whose card number neighbours one of the account's.

    Declared colleagues are left out.

    A stretch of numbers with one card alone does not count: who shares a card has no neighbour for it.
    Why it points to distillation: virtual cards made in one sitting come from one stretch of numbers.
    Innocent look-alikes: company cards issued together to a firm that declares nothing, prepaid cards of one
    batch sold in one shop. A firm's cards under one declared organization do not fire.
    Cost of evading it: several issuers, or cards made weeks apart: some patience, little money.
    Source: docs/signals/neighbour_cards.md
    """
    return most_companions("neighbour", hub=hub, window=window)
