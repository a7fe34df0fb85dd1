"""Lengths over all customers, and within one."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.fit.distance import ks
from stillwatch.lab.population.levels import Levels

STREAMS, EACH = 3_000, 20


def ranks() -> tuple[np.ndarray, np.ndarray]:
    """Ranks of requests and answers, one row per stream."""
    rng = np.random.default_rng(9)
    stream = np.repeat(np.arange(STREAMS), EACH)
    own = rng.random((2, len(stream)))
    asked, answered = Levels.load().ranks(stream // 2, stream, own[0], own[1], 5)
    return asked.reshape(STREAMS, EACH), answered.reshape(STREAMS, EACH)


def test_all_customers_together_follow_the_table() -> None:
    even = np.linspace(0, 1, 10_000)
    assert max(ks(rank.ravel(), even) for rank in ranks()) < 0.03


def test_one_customer_keeps_to_a_part_of_it() -> None:
    asked, answered = ranks()
    assert asked.std(axis=1).mean() < 0.7 * asked.std()
    assert answered.std(axis=1).mean() < 0.85 * answered.std()


def test_users_of_one_template_are_alike() -> None:
    means = ranks()[0].mean(axis=1)
    assert np.corrcoef(means[::2], means[1::2])[0, 1] > 0.4
