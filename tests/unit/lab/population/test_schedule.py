"""Streams become plans."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population.clocks import HOUR_US, Clocks
from stillwatch.lab.population.draws import generator
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.refusals import REFUSED, RETRIED, merge, refuse
from stillwatch.lab.population.schedule import Plan, schedule
from stillwatch.lab.population.specs import STREAM

HOURS = 48


def plan(clock: int = 0, *, clocks: Clocks | None = None, **columns: object) -> Plan:
    made = clocks or Clocks(HOURS)
    made.add(np.ones(HOURS))
    streams = Frame.make(STREAM, 3, account=[0, 1, 2], clock=clock, **columns)  # type: ignore[arg-type]
    return schedule(streams, made.freeze(), HOURS, generator("test"))


def test_every_request_is_planned_inside_the_window() -> None:
    made = plan(requests=[5, 0, 900], run=50, gap=600)
    assert np.bincount(made.stream, minlength=3).tolist() == [5, 0, 900]
    assert made.ts.min() >= 0
    assert made.ts.max() < HOURS * HOUR_US


def test_nothing_happens_outside_the_life_of_a_stream() -> None:
    made = plan(requests=200, run=1, since=10.0, until=20.0)
    assert made.ts.min() >= 10 * HOUR_US
    assert made.ts.max() <= 20 * HOUR_US


def test_sessions_follow_the_clock() -> None:
    clocks = Clocks(HOURS)
    nightly = clocks.add((np.arange(HOURS) % 24 == 3).astype(float))
    made = plan(nightly, clocks=clocks, requests=100, run=1)
    assert set((made.ts // HOUR_US % 24).tolist()) == {3}


def test_steady_sessions_have_equal_length() -> None:
    made = plan(requests=30, run=10, steady=True)
    assert np.unique(made.session, return_counts=True)[1].tolist() == [10] * 9


def test_turns_count_up_within_a_conversation_only() -> None:
    made = plan(requests=40, run=8, talk=1.0)
    first = np.unique(made.talk, return_index=True)[1]
    assert (made.turn[first] == 0).all()
    assert made.turn.max() > 0
    assert (plan(requests=40, run=8, talk=0.0).talk == -1).all()


def test_a_client_asks_again_on_its_own_account() -> None:
    streams = Frame.make(STREAM, 3, account=[0, 1, 2], requests=300, limited=0.3, insists=1.0)
    after = refuse(plan(requests=300), streams, HOURS * HOUR_US, generator("r"))
    again = after.refused == RETRIED
    assert again.sum() > 100
    assert (after.via[again] == after.stream[again]).all()


def test_a_router_hands_a_refused_request_to_another_account_within_seconds() -> None:
    streams = Frame.make(STREAM, 3, requests=300, limited=0.3, failing=0.0, insists=1.0, router=[4, 4, -1])
    before = plan(requests=300)
    after = refuse(before, streams, HOURS * HOUR_US, generator("r"))
    moved = (after.refused == RETRIED) & (after.via != after.stream)
    assert moved.sum() > 30
    assert set(after.via[moved].tolist()) == {0, 1}
    origin = {
        (s, t): ts
        for s, t, ts in zip(before.stream.tolist(), before.step.tolist(), before.ts.tolist(), strict=True)
    }
    waits = [
        ts - origin[s, t]
        for s, t, ts in zip(
            after.stream[moved].tolist(), after.step[moved].tolist(), after.ts[moved].tolist(), strict=True
        )
    ]
    assert np.median(waits) < 2e6


def test_refused_requests_stay_in_the_plan() -> None:
    streams = Frame.make(STREAM, 3, requests=300, limited=0.2, insists=0.0)
    after = refuse(plan(requests=300), streams, HOURS * HOUR_US, generator("r"))
    assert len(after) == 900
    assert (after.refused == REFUSED).sum() > 100


def test_plans_are_put_in_order_of_time() -> None:
    both = merge([plan(requests=50), plan(requests=50)]).in_order()
    assert len(both) == 300
    assert (np.diff(both.ts) >= 0).all()


def test_a_long_session_of_a_late_stream_is_squeezed_not_moved_before_its_life() -> None:
    made = plan(requests=500, run=500, steady=True, gap=600, since=40.0)
    assert made.ts.min() >= 40 * HOUR_US
    assert made.ts.max() < HOURS * HOUR_US
