"""Bans, hand-overs between accounts of one router, and blocks that are borrowed."""

from __future__ import annotations

import numpy as np
from tests.unit.lab.population.test_schedule import HOURS, plan

from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.draws import generator
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.grafts import Shelves
from stillwatch.lab.population.handovers import wander
from stillwatch.lab.population.refusals import BARRED, RETRIED, refuse
from stillwatch.lab.population.schedule import Plan
from stillwatch.lab.population.specs import STREAM

WINDOW = HOURS * HOUR_US


def barred(**columns: object) -> tuple[Plan, Frame]:
    """Three streams, of which the first is barred after 10 hours, and what becomes of their requests."""
    until = [10.0, HOURS, HOURS]
    streams = Frame.make(
        STREAM, 3, account=[0, 1, 2], until=until, barred=[True, False, False], insists=1.0, failing=0.0,
        limited=0.0, **columns,  # type: ignore[arg-type]
    )  # fmt: skip
    made = plan(requests=20, until=until, since=columns.get("since", 0.0))
    return refuse(made, streams, WINDOW, generator("b")), streams


def test_the_barred_try_once_more_and_fail() -> None:
    after, _ = barred()
    tries = after.refused == BARRED
    assert after.stream[tries].tolist() == [0, 0]
    assert (after.ts[tries] > 10 * HOUR_US).all()


def test_a_router_asks_another_account_at_once() -> None:
    after, _ = barred(router=7)
    again = after.refused == RETRIED
    assert (after.via[again] > 0).all()
    assert (after.ts[again] - after.ts[after.refused == BARRED].min() < 120e6).all()


def test_a_router_without_accounts_waits_for_the_next_pool() -> None:
    after, _ = barred(router=[7, 7, 8], since=[0.0, 20.0, 0.0])
    again = np.flatnonzero(after.refused == RETRIED)
    assert set(after.via[again].tolist()) <= {1}
    assert (after.ts[again] >= 20 * HOUR_US).all()


def test_conversations_wander_where_the_router_lets_them() -> None:
    made = plan(requests=40, run=8, talk=1.0)
    streams = Frame.make(STREAM, 3, account=[0, 1, 2], router=[7, 7, -1], passes=1.0)
    after = wander(made, streams, generator("w"))
    moved = after.via != after.stream
    assert moved[after.stream < 2].any()
    assert not moved[after.stream == 2].any()
    assert not moved[after.turn == 0].any()


def test_a_block_is_borrowed_from_another_account_of_the_router() -> None:
    streams = Frame.make(STREAM, 3, router=[5, 5, 6], grafts=[0.5, 0.5, 0.0])
    shelves = Shelves.begin(streams)
    stream, thinks = np.array([0, 0, 1, 2]), np.array([True, False, False, True])
    borrowed = shelves.borrow(stream, stream.astype(np.int64), thinks, np.ones(4, bool), np.arange(10, 14))
    assert borrowed.tolist() == [-1, -1, 10, -1]
