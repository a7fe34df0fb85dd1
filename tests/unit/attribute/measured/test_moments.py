"""Common changes, sign-up bursts and shared burstiness, against what the population does."""

from __future__ import annotations

import numpy as np
from tests.unit.attribute.measured.conftest import DAY, HOUR, Crowd

from stillwatch.attribute.measured.bursts import burst_ranks, bursts
from stillwatch.attribute.measured.changes import changes, largest_changes
from stillwatch.attribute.measured.rows import Rows
from stillwatch.attribute.measured.signups import signups
from stillwatch.store.duck import DuckTables

Rng = np.random.Generator
DAYS = 20


def named(rows: Rows) -> dict[str, float]:
    return {name: value for _, name, value, _ in rows}


def population(crowd: Crowd, rng: Rng, many: int = 400, *, ends: float = DAYS) -> None:
    """Strangers who come and go at times of their own."""
    for i in range(many):
        begin, end = np.sort(rng.uniform(0, ends, 2))
        crowd.send(1000 + i, rng.uniform(begin * DAY, end * DAY + HOUR, 20))
        crowd.opened[1000 + i] = -float(rng.uniform(0, 300 * DAY))


def test_a_pool_that_stops_at_one_hour_is_seen(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    population(crowd, rng)
    for i in range(15):
        crowd.send(i, rng.uniform(0, 9 * DAY, 300))
    crowd.group = list(range(15))
    crowd.fill(t)
    assert named(changes(t, largest_changes(t)))["common_change"] > 0.8


def test_people_who_come_and_go_are_not(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    population(crowd, rng)
    crowd.group = list(range(1000, 1030))
    crowd.fill(t)
    assert 0.0 == named(changes(t, largest_changes(t)))["common_change"]


def test_an_outage_that_stops_everybody_explains_a_common_stop(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(300):
        crowd.send(i, rng.uniform(0, 9 * DAY, 20))
    crowd.send(999, [0.0, DAYS * DAY])
    crowd.group = list(range(20))
    crowd.fill(t)
    assert 0.0 == named(changes(t, largest_changes(t)))["common_change"]


def test_a_release_day_that_everybody_is_busy_on_is_no_common_change(
    t: DuckTables, crowd: Crowd, rng: Rng
) -> None:
    for i in range(300):
        crowd.send(i, rng.uniform(0, DAYS * DAY, 9))
        crowd.send(i, 10 * DAY + rng.exponential(2 * HOUR, 12))
    crowd.group = list(range(25))
    crowd.fill(t)
    assert named(changes(t, largest_changes(t)))["common_change"] < 0.3


def test_lots_of_accounts_opened_within_hours_are_seen(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    population(crowd, rng)
    for i in range(24):
        crowd.send(i, [float(i)])
        crowd.opened[i] = -float(i // 6) * 9 * DAY - float(rng.uniform(0, HOUR))
    crowd.group = list(range(24))
    crowd.fill(t)
    assert named(signups(t))["signup_burst"] > 0.8


def test_a_launch_day_explains_sign_ups_of_that_day(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(500):
        crowd.send(i, [float(i)])
        crowd.opened[i] = -30 * DAY + float(rng.uniform(0, 5 * HOUR))
    crowd.group = list(range(24))
    crowd.fill(t)
    assert named(signups(t))["signup_burst"] < 0.1


def test_unknown_ages_leave_the_measurement_out(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    population(crowd, rng)
    crowd.opened.clear()
    crowd.group = list(range(1000, 1030))
    crowd.fill(t)
    assert [] == signups(t)


def test_one_program_behind_members_makes_their_pauses_alike(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(200):
        pause = rng.lognormal(rng.uniform(1, 7), rng.uniform(0.1, 2.5), 30)
        crowd.send(i, np.cumsum(pause if i >= 12 else rng.exponential(40.0, 30)))
    for group, low, high in ((range(12), 0.5, 1.0), (range(50, 80), 0.0, 0.3)):
        crowd.group = list(group)
        crowd.fill(t)
        assert low <= named(bursts(t, burst_ranks(t)))["like_bursts"] <= high


def test_order_of_rows_does_not_matter(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    population(crowd, rng)
    crowd.group = list(range(1000, 1040))
    crowd.fill(t)
    first = [*bursts(t, burst_ranks(t)), *changes(t, largest_changes(t)), *signups(t)]
    crowd.fill(t, rng.permutation(len(crowd.account)))
    assert first == [*bursts(t, burst_ranks(t)), *changes(t, largest_changes(t)), *signups(t)]
