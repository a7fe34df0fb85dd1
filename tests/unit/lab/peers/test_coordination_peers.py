"""Detectors of accounts that act together: SynchroTrap, CatchSync, CooRTweet, the toolkit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.lab.peers.planted import Row, by_account, exchange, talk, traffic

from stillwatch.lab.peers.catchsync import catchsync, residues
from stillwatch.lab.peers.coordination_toolkit import coordination_toolkit
from stillwatch.lab.peers.coortweet import coortweet, lighter
from stillwatch.lab.peers.synchrotrap import jaccard, synchrotrap


def crowd(n: int = 30) -> list[Row]:
    """Unrelated accounts, four talks each at odd times."""
    rng = np.random.default_rng(5)
    return [
        exchange(f"b{a:02}", float(rng.uniform(0, 500_000)), talk(rng), client_address=f"10.0.{a}.{i}")
        for a in range(n)
        for i in range(4)
    ]


def ring(n: int = 8, apart: float = 2.0) -> list[Row]:
    """Accounts that send the same prompts within seconds of each other."""
    return [
        exchange(
            f"h{a}",
            3_600 * k + apart * a,
            f"solve exercise {k} of the set and show all of your work",
            client_address="10.9.9.9",
        )
        for a in range(n)
        for k in range(5)
    ]


def test_jaccard_by_hand() -> None:
    """a holds 1 2 3, b holds 2 3 4: two of four."""
    account, slot = np.array([0, 0, 0, 1, 1, 1]), np.array([1, 2, 3, 2, 3, 4])
    left, right, similarity = jaccard(account, slot, 2)
    assert [0] == left.tolist()
    assert [1] == right.tolist()
    assert [0.5] == similarity.tolist()


def test_synchrotrap_finds_the_ring(tmp_path: Path) -> None:
    """All its slots are shared, so similarity is 1; nobody else is in a cluster."""
    with traffic(tmp_path / "d", [*crowd(), *ring()]) as found:
        scores = by_account(found, synchrotrap(found, what="opening", hours=1, smallest=5))
    assert {f"h{a}": 1.0 for a in range(8)} == scores


def test_synchrotrap_drops_small_clusters(tmp_path: Path) -> None:
    """Four accounts are not five."""
    with traffic(tmp_path / "d", [*crowd(), *ring(4)]) as found:
        assert {} == by_account(found, synchrotrap(found, what="opening", hours=1, smallest=5))


def test_residue_by_hand() -> None:
    """Two cells of 3 and 1 objects. An account with the odd object alone: s = 1, n = 1/4, least 5/8 + …"""
    # b = (3/4, 1/4), M = 2, sum of squares 5/8. Source 0 holds targets 0 and 1 of cell 0: s = 1, n = 3/4;
    # least = (−2·9/16 + 3/2 − 5/8) / (1 − 5/4) = (−1/4) / (−1/4) = 1, residue 0.
    # Source 1 holds all four: s = 9/16 + 1/16 = 5/8 and n = 5/8; least = (−50/64 + 5/4 − 5/8) / (−1/4) = 5/8.
    source, target = np.array([0, 0, 1, 1, 1, 1]), np.array([0, 1, 0, 1, 2, 3])
    cell = np.array([0, 0, 0, 1])
    assert residues(source, target, cell) == pytest.approx([0.0, 0.0])


def test_residue_with_three_cells_by_hand() -> None:
    """Cells of 2, 1, 1; a source in the second alone: s = 1, n = 1/4, least = (−3/16 + 1/2 − 3/8) / (−1/8) = 1/2."""
    source, target = np.array([0, 1, 1, 1, 1]), np.array([2, 0, 1, 2, 3])
    assert residues(source, target, np.array([0, 0, 1, 2]))[0] == pytest.approx(0.5)


def test_catchsync_finds_the_ring(tmp_path: Path) -> None:
    """Its objects are alike in degree and authority, and unlike those of most accounts, who also meet a few."""
    rng = np.random.default_rng(8)
    shared = [f"common question {k} about the weather of today" for k in range(12)]
    rows = [exchange(f"b{a:02}", a * 100 + i, str(rng.choice(shared))) for a in range(60) for i in range(3)]
    rows += [exchange(f"b{a:02}", a * 100 + 50 + i, talk(rng)) for a in range(60) for i in range(3)]
    with traffic(tmp_path / "d", [*rows, *ring(4)]) as found:
        scores = by_account(found, catchsync(found, what="prompt", least=1))
    assert min(s for a, s in scores.items() if a.startswith("h")) > 3
    assert max(s for a, s in scores.items() if a.startswith("b")) < 3


def test_catchsync_is_silent_where_all_are_alike(tmp_path: Path) -> None:
    """Without spread there is nothing to stand out from."""
    with traffic(tmp_path / "d", [exchange(f"b{i}", i, f"{i} own words") for i in range(9)]) as found:
        assert {} == by_account(found, catchsync(found, what="prompt", least=1))


def test_coortweet_counts_meetings(tmp_path: Path) -> None:
    """28 links of the ring weigh 5, one of two strangers weighs 1: that one is lighter than the ring's."""
    once = [exchange(a, 9_000 + i, "a viral prompt of today") for i, a in enumerate(("b00", "b01"))]
    with traffic(tmp_path / "d", [*crowd(), *once, *ring()]) as found:
        scores = by_account(found, coortweet(found, what="prompt", seconds=60))
    assert {0.0} == {scores["b00"], scores["b01"]}
    assert [1 / 29] * 8 == pytest.approx([scores[f"h{a}"] for a in range(8)])
    assert 10 == len(scores)


def test_coortweet_needs_the_window(tmp_path: Path) -> None:
    """The same prompts a minute apart are not within ten seconds."""
    with traffic(tmp_path / "d", [*crowd(), *ring(apart=60)]) as found:
        assert {} == by_account(found, coortweet(found, what="prompt", seconds=10))


def test_lighter_is_a_share() -> None:
    """One of four weights is below 2."""
    assert [0.25, 0.0] == lighter(np.array([2.0, 1.0]), np.array([1.0, 2.0, 2.0, 5.0])).tolist()


def test_toolkit_counts_distinct_messages(tmp_path: Path) -> None:
    """Five messages of each are like one of another account within a minute; the crowd has none."""
    with traffic(tmp_path / "d", [*crowd(), *ring()]) as found:
        scores = by_account(found, coordination_toolkit(found, seconds=60, similarity=0.9))
    assert {f"h{a}": 5.0 for a in range(8)} == scores


@pytest.mark.parametrize(("similarity", "expected"), [(0.6, {"a": 1.0, "b": 1.0}), (0.61, {})])
def test_toolkit_compares_sets_of_words(
    similarity: float, expected: dict[str, float], tmp_path: Path
) -> None:
    """{one two three four} and {one two three five}: three of five."""
    rows = [exchange("a", 0, "One two, three four four"), exchange("b", 30, "one TWO three five")]
    with traffic(tmp_path / "d", rows) as found:
        assert expected == by_account(found, coordination_toolkit(found, seconds=60, similarity=similarity))
