"""Weighted lists by number."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population.choices import Choices


def test_the_same_list_gets_the_same_number() -> None:
    choices = Choices()
    assert choices.add([1, 2]) == choices.add([1, 2])
    assert choices.add([1, 2], [1, 3]) != choices.add([1, 2])


def test_items_are_drawn_by_weight() -> None:
    choices = Choices()
    other = choices.add([8])
    both = choices.add([10, 20], [1, 3])
    drawn = choices.freeze().pick(np.full(4, both), np.array([0.0, 0.2499, 0.2501, 0.9999]))
    assert drawn.tolist() == [10, 10, 20, 20]
    assert choices.freeze().pick(np.array([other]), np.array([0.99])).tolist() == [8]
