"""Chance that two requests come from the same client combination."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import share_of_equal_pairs


@signal(
    grain="account",
    reads=["keys"],
    unit="share",
    direction=0,
    version=1,
    family="client",
)
def client_constancy(t: Tables, *, window: Window) -> Relation:
    """Chance that two different requests of an account come from the same client combination.

    The combination is User-Agent, SDK, header order and JA4 together.

    Why it is measured: it describes. One program gives 1; an account passed around a pool, a relay with many
    customers and a person with a telephone and two computers give less. Other signals read differently in
    each case.
    Innocent look-alikes: shared team keys and people with several devices are as mixed as a relay's account.
    Cost of evading it: nothing in either direction.
    Source: docs/signals/client_constancy.md
    """
    return share_of_equal_pairs("client_key", window=window)
