"""Other accounts on one of its payment instruments."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.companions import most_companions


@signal(
    grain="account",
    reads=["holdings", "facts"],
    unit="count",
    direction=+1,
    version=1,
    family="payment",
)
def instrument_sharing(t: Tables, *, window: Window, hub: int = 1000) -> Relation:
    """Largest number of other accounts paid by one of the account's instruments.

    Declared colleagues are left out.

    Fingerprints with more than `hub` accounts stand for a marketplace or an issuer rather than for a card,
    and are left out.
    Why it points to distillation: cards are dearer than accounts, so pools reuse them.
    Innocent look-alikes: families, agencies that pay for clients and undeclared small firms fire. A fleet
    under one declared organization does not.
    Cost of evading it: one virtual card for each account, well under a dollar each; then neighbour_cards may
    show.
    Source: docs/signals/instrument_sharing.md
    """
    return most_companions("instrument", hub=hub, window=window)
