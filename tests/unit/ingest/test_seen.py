"""The set of ids that were seen."""

from __future__ import annotations

import numpy as np

from stillwatch.ingest.seen import Seen


def test_each_hash_is_fresh_once_while_the_set_grows() -> None:
    seen = Seen()
    draw = np.random.default_rng(1)
    hashes = draw.integers(-(2**63), 2**63 - 1, 200_000)
    assert seen.add(hashes[:100_000]).all()
    assert np.array_equal(seen.add(hashes), np.arange(200_000) >= 100_000)
    assert len(seen) == 200_000


def test_a_repeat_within_one_batch_counts() -> None:
    assert [True, False, True] == Seen().add(np.array([5, 5, 6])).tolist()
