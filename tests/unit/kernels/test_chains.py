"""Sets of each element, beside a plain reference."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.chains import ROOM, Chains


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 11)), max_size=9), st.sets(st.integers(0, 11)))
def test_overlaps_with_every_set_are_counted(sets: list[set[int]], asked: set[int]) -> None:
    chains = Chains.empty(12)
    for number, own in enumerate(sets):
        chains.add(np.array(sorted(own), np.int64), number)
    found = chains.counted(np.array(sorted(asked), np.int64), len(sets))
    assert [len(own & asked) for own in sets] == found.tolist()


def test_there_is_room_for_more_entries_than_at_the_start() -> None:
    chains, everybody = Chains.empty(ROOM), np.arange(ROOM, dtype=np.int64)
    for number in range(5):
        chains.add(everybody, number)
    assert [ROOM] * 5 == chains.counted(everybody, 5).tolist()
