"""Other accounts on one of its addresses."""

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
    family="network",
)
def address_sharing(t: Tables, *, window: Window, hub: int = 64) -> Relation:
    """Largest number of other accounts seen on one of the account's addresses.

    Declared colleagues are left out.

    Addresses with more than `hub` accounts are exits of networks rather than of people, and are left out.
    Why it points to distillation: a pool on a handful of machines or proxies meets itself on their addresses.
    Innocent look-alikes: families, flats, small offices that declare nothing and small carrier gateways fire;
    campus and VPN exits are hubs and do not.
    Cost of evading it: one residential address for each account, some dollars a month each; or hiding behind
    a hub, free, which puts the account among known exits.
    Source: docs/signals/address_sharing.md
    """
    return most_companions("address", hub=hub, window=window)
