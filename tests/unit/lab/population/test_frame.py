"""Small tables of numpy columns."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.lab.population.frame import Frame
from stillwatch.model.errors import UsageError

SPEC = {"a": ("i4", 7), "b": ("f8", 0.5)}


def test_columns_not_named_get_their_default() -> None:
    assert Frame.make(SPEC, 3, b=[1, 2, 3])["a"].tolist() == [7, 7, 7]


def test_an_unknown_column_is_named_in_the_error() -> None:
    with pytest.raises(UsageError, match="no such column: c"):
        Frame.make(SPEC, 1, c=1)


def test_replacing_a_column_leaves_the_first_frame_alone() -> None:
    first = Frame.make(SPEC, 2)
    second = first.having(a=1)
    assert (first["a"].tolist(), second["a"].tolist()) == ([7, 7], [1, 1])


def test_stacking_keeps_order_and_types() -> None:
    stacked = Frame.stack(SPEC, [Frame.make(SPEC, 1, a=1), Frame.make(SPEC, 2, a=2)])
    assert stacked["a"].tolist() == [1, 2, 2]
    assert stacked["a"].dtype == np.int32


def test_rows_can_be_taken_by_mask() -> None:
    assert Frame.make(SPEC, 3, a=[1, 2, 3]).take(np.array([True, False, True]))["a"].tolist() == [1, 3]
