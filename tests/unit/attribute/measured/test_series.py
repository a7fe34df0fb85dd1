"""Load balancing and synchrony: planted ones are seen, innocent rhythms are not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.attribute.measured.conftest import DAY, HOUR, MINUTE, Crowd

from stillwatch.attribute.measured.series import series
from stillwatch.store.duck import DuckTables

DAYS = 20
Rng = np.random.Generator


def measured(t: DuckTables, crowd: Crowd) -> dict[str, float]:
    crowd.group = sorted(set(crowd.account))
    crowd.fill(t)
    return {name: value for _, name, value, _ in series(t)}


def balancer(crowd: Crowd, rng: Rng) -> None:
    """One queue, handed out in turn to twelve accounts, by day more than by night."""
    hours = rng.uniform(0, DAYS * 24, 6000)
    busy = np.sort(hours[rng.random(6000) < 0.5 + 0.4 * np.sin(hours * np.pi / 12)])
    for i in range(12):
        crowd.send(i, busy[i::12] * HOUR)


def customers(crowd: Crowd, rng: Rng) -> None:
    """Twelve strangers, each with sessions at times of their own, in two time zones."""
    for i in range(12):
        days = rng.integers(0, DAYS, 40)
        begin = days * DAY + ((9 + 8 * (i % 2)) + rng.uniform(0, 9, 40)) % 24 * HOUR
        for start in begin:
            crowd.send(i, start + np.cumsum(rng.exponential(90, 6)))


def poisson(crowd: Crowd, rng: Rng) -> None:
    """Twelve strangers whose requests come at random: the evenest that independent people get."""
    for i in range(12):
        crowd.send(i, rng.uniform(0, DAYS * DAY, int(rng.integers(200, 500))))


def cron(crowd: Crowd, rng: Rng) -> None:
    """Nightly jobs of one firm: each account exactly eight requests a night, at its own minute past two."""
    for i in range(12):
        for day in range(DAYS):
            crowd.send(i, day * DAY + 2 * HOUR + 10 * MINUTE * (i % 6) + np.arange(8) * 20.0)


def lesson(crowd: Crowd, rng: Rng) -> None:
    """A class at work in the same two hours of the same eight days, each pupil as much as he likes."""
    for i in range(12):
        for day in (1, 2, 3, 7, 8, 9, 14, 15):
            crowd.send(i, day * DAY + 10 * HOUR + rng.uniform(0, 2 * HOUR, int(rng.poisson(1 + i % 5 * 2))))


def conference(crowd: Crowd, rng: Rng) -> None:
    """Everybody busy on the same three days, nearly idle else."""
    for i in range(12):
        many = int(rng.integers(5, 60))
        crowd.send(i, rng.uniform(8 * DAY, 11 * DAY, many))
        crowd.send(i, rng.uniform(0, DAYS * DAY, 6))


def release(crowd: Crowd, rng: Rng) -> None:
    """Everybody tries a new model on its day and goes on as before."""
    poisson(crowd, rng)
    for i in range(12):
        crowd.send(i, 10 * DAY + rng.exponential(6 * HOUR, int(rng.integers(4, 40))), model=2)


def hourly(crowd: Crowd, rng: Rng) -> None:
    """Jobs that run every hour on a minute of their own."""
    for i in range(12):
        crowd.send(i, np.arange(DAYS * 24) * HOUR + rng.uniform(0, HOUR) + rng.uniform(0, 20, DAYS * 24))


def busy(crowd: Crowd, rng: Rng) -> None:
    """Strangers with many sessions a day, which leave little room for chance."""
    for i in range(12):
        for start in rng.uniform(0, DAYS * DAY, 14 * DAYS):
            crowd.send(i, start + np.cumsum(rng.exponential(200, 6)))


def outposts(crowd: Crowd, rng: Rng) -> None:
    """People of three time zones, each most days an evening at the keyboard."""
    for i in range(12):
        for day in np.flatnonzero(rng.random(DAYS) < 0.7):
            start = day * DAY + (18 + 7 * (i % 3) + rng.normal(0, 1.5)) % 24 * HOUR
            crowd.send(i, start + np.cumsum(rng.exponential(150, int(rng.integers(2, 30)))))


INNOCENT = (customers, poisson, cron, hourly, busy, outposts, lesson, conference, release)


def test_a_shared_queue_is_seen(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    balancer(crowd, rng)
    assert measured(t, crowd)["balanced"] > 0.5


def test_sessions_dealt_out_in_turn_are_seen(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    """Uneven requests within a session hide nothing: a dispatcher deals sessions to twelve accounts."""
    for k, start in enumerate(np.sort(rng.uniform(0, DAYS * DAY, 1200))):
        crowd.send(k % 12, start + np.cumsum(rng.exponential(30, int(rng.integers(1, 40)))))
    assert measured(t, crowd)["balanced"] > 0.3


@pytest.mark.parametrize("many", INNOCENT, ids=[m.__name__ for m in INNOCENT])
def test_no_innocent_rhythm_looks_balanced(t: DuckTables, crowd: Crowd, rng: Rng, many: object) -> None:
    many(crowd, rng)  # type: ignore[operator]
    assert measured(t, crowd).get("balanced", 0.0) < 0.1


def test_accounts_driven_in_the_same_minutes_are_seen(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    orders = rng.uniform(0, DAYS * DAY, 60)
    for i in range(12):
        crowd.send(i, orders[rng.random(60) < 0.7] + rng.uniform(0, 60))
        crowd.send(i, rng.uniform(0, DAYS * DAY, 40))
    assert measured(t, crowd)["synchrony"] > 0.5


@pytest.mark.parametrize("many", INNOCENT, ids=[m.__name__ for m in INNOCENT])
def test_days_and_hours_in_common_are_not_synchrony(
    t: DuckTables, crowd: Crowd, rng: Rng, many: object
) -> None:
    many(crowd, rng)  # type: ignore[operator]
    assert measured(t, crowd)["synchrony"] < (0.3 if many is conference else 0.1)


def test_an_order_that_all_follow_at_once_is_seen_whoever_they_are(
    t: DuckTables, crowd: Crowd, rng: Rng
) -> None:
    """A class told to begin by its teacher is in step as a pool is: that is for its explanation to say."""
    for i in range(12):
        for day in (1, 2, 3, 7, 8, 9, 14, 15):
            told = day * DAY + (9 + day * 3 % 8) * HOUR
            crowd.send(i, told + rng.uniform(0, 8 * MINUTE, 3))
    assert measured(t, crowd)["synchrony"] > 0.3


def test_few_accounts_or_days_say_nothing(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(8):
        crowd.send(i, rng.uniform(0, 1.5 * DAY, 9))
    assert "synchrony" not in measured(t, crowd)
    crowd.account, crowd.group = [a % 3 for a in crowd.account], [0, 1, 2]
    assert {} == measured(t, crowd)


def test_order_of_rows_does_not_matter(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    balancer(crowd, rng)
    first = measured(t, crowd)
    crowd.fill(t, rng.permutation(len(crowd.account)))
    assert first == {name: value for _, name, value, _ in series(t)}


def test_a_large_group_is_sampled(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(1100):
        crowd.send(i, rng.uniform(0, 4 * DAY, 5))
    crowd.group = list(range(1100))
    crowd.fill(t)
    assert all(n <= 256 for _, _, _, n in series(t))
