"""Streams become plans."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.fit.distance import ks
from stillwatch.lab.fit.samplers import burstiness, sessions
from stillwatch.lab.population.clocks import HOUR_US, Clocks
from stillwatch.lab.population.draws import generator
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.refusals import REFUSED, RETRIED, merge, refuse
from stillwatch.lab.population.schedule import LONGEST_TALK, Plan, schedule
from stillwatch.lab.population.specs import AGENT, PEOPLE, PROGRAM, STREAM

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


def test_conversations_are_as_long_as_the_fitted_ones_and_end() -> None:
    made = plan(requests=8_000, run=1, talk=1.0, manner=PEOPLE)
    lengths = np.unique(made.talk, return_counts=True)[1]
    assert ks(lengths, sessions(generator("t"), 20_000, "chat")) < 0.03
    assert 24_000 <= len(made) < 24_000 + 3 * LONGEST_TALK


def test_an_agent_works_on_one_thing_for_a_session() -> None:
    made = plan(requests=400, run=12, talk=1.0, manner=AGENT)
    assert len(made) == 1_200
    assert np.array_equal(
        np.unique(made.talk, return_inverse=True)[1], np.unique(made.session, return_inverse=True)[1]
    )
    assert 6 < np.unique(made.session, return_counts=True)[1].mean() < 16


def test_requests_of_a_conversation_grow() -> None:
    made = plan(requests=400, run=3, talk=1.0)
    inside = np.diff(made.talk) == 0
    assert (np.diff(made.size)[inside] >= 0).all()
    assert (made.size < 1).all()


def test_programs_send_as_unevenly_as_the_fitted_clients() -> None:
    streams = Frame.make(STREAM, 400, requests=300, run=300, steady=True, gap=1.0, spread=0.0, manner=PROGRAM)
    clocks = Clocks(HOURS)
    clocks.add(np.ones(HOURS))
    gaps = np.diff(schedule(streams, clocks.freeze(), HOURS, generator("g")).ts.reshape(400, 300), axis=1)
    cv = gaps.std(axis=1) / gaps.mean(axis=1)
    assert ks(cv, burstiness(generator("b"), 20_000)) < 0.15


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
