"""Hand-over after a refusal or a ban: a pool's is seen, a client that tries again and a class are not."""

from __future__ import annotations

import numpy as np
from tests.unit.attribute.measured.conftest import DAY, HOUR, MINUTE, Crowd

from stillwatch.attribute.measured.handover import handover
from stillwatch.store.duck import DuckTables

Rng = np.random.Generator


def measured(t: DuckTables, crowd: Crowd) -> dict[str, float]:
    crowd.group = sorted(set(crowd.account))
    crowd.fill(t)
    rows = t.query(" UNION ALL ".join(handover(t))).to_pylist()
    return {row["feature"]: max(0.0, row["value"]) for row in rows}


def test_a_router_that_asks_another_account_is_seen(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for k, at in enumerate(rng.uniform(0, 9 * DAY, 40)):
        crowd.send(k % 8, [at], exact=k + 1, status=429)
        crowd.send((k + 3) % 8, [at + 2.0], exact=k + 1)
    assert 1.0 == measured(t, crowd)["failed_over"]


def test_a_client_that_tries_again_itself_is_not(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for k, at in enumerate(rng.uniform(0, 9 * DAY, 40)):
        crowd.send(k % 8, [at], exact=k + 1, status=429)
        crowd.send(k % 8, [at + 2.0], exact=k + 1)
    assert 0.0 == measured(t, crowd)["failed_over"]


def test_a_class_with_one_task_is_not(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    """Whoever is refused in a crowd that sends one prompt was preceded by others as much as followed."""
    for i in range(12):
        crowd.send(i, rng.uniform(0, 40 * MINUTE, 40), exact=5)
        crowd.send(i, rng.uniform(5 * MINUTE, 35 * MINUTE, 10), exact=5, status=429)
    assert measured(t, crowd)["failed_over"] < 0.15


def test_no_status_in_the_log_is_no_measurement(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(8):
        crowd.send(i, rng.uniform(0, 9 * DAY, 20))
    assert {} == measured(t, crowd)


def test_a_reserve_that_steps_in_after_bans_is_seen(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(10):
        at = float(rng.uniform(4 * DAY, 9 * DAY))
        crowd.send(i, np.arange(0, at, 5 * HOUR))
        crowd.bans.append((i, at))
        crowd.send(100 + i, np.arange(at + 3 * MINUTE, 12 * DAY, 5 * HOUR))
    assert measured(t, crowd)["taken_over"] > 0.7


def test_a_busy_app_has_new_users_at_any_hour(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(4000):
        crowd.send(i, [float(rng.uniform(0, 12 * DAY))])
    for i in range(30):
        crowd.bans.append((i, float(rng.uniform(3 * DAY, 9 * DAY))))
    assert measured(t, crowd)["taken_over"] < 0.3


def test_another_frame_is_another_matter(t: DuckTables, crowd: Crowd, rng: Rng) -> None:
    for i in range(10):
        at = float(rng.uniform(4 * DAY, 9 * DAY))
        crowd.send(i, np.arange(0, at, 5 * HOUR))
        crowd.bans.append((i, at))
        crowd.send(100 + i, np.arange(at + 3 * MINUTE, 12 * DAY, 5 * HOUR), frame=8)
    assert 0.0 == measured(t, crowd)["taken_over"]
