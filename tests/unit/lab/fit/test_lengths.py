"""Lengths of several kinds of use, drawn by rank."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.fit.lengths import LengthTables
from stillwatch.lab.fit.normal import Normal
from stillwatch.lab.fit.tables import lengths

KINDS = ("code", "conversation")


def test_ranks_give_the_quantiles_of_each_row() -> None:
    """Lowest, middle and highest request of two kinds."""
    tables = LengthTables.of(KINDS)
    for row, kind in enumerate(KINDS):
        asked = tables.request(np.full(3, row), np.array([0.0, 0.5, 1.0]))
        assert asked.tolist() == np.rint(lengths(kind).inputs[[0, 32, 64]]).tolist()


def test_answers_come_from_the_band_of_their_request() -> None:
    """The longest answers to the shortest and to the longest requests."""
    tables = LengthTables.of(KINDS)
    longest = tables.answer(np.array([1, 1]), np.array([0.0, 0.99]), np.ones(2))
    assert longest.tolist() == lengths("conversation").outputs[[0, -1], -1].tolist()


def test_scores_and_ranks_are_inverse() -> None:
    """To the precision of the table."""
    ranks = np.array([0.001, 0.3, 0.5, 0.975])
    normal = Normal.table()
    assert np.allclose(normal.rank(normal.score(ranks)), ranks, atol=1e-5)
    assert np.allclose(normal.score(np.array([0.5, 0.975])), [0, 1.95996], atol=1e-4)
