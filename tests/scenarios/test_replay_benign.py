"""Replays without an attack: hardly any publishes a claim, however often one looks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.datasets import START, traffic
from tests.scenarios.conftest import write_key

from stillwatch.app.replay import ReplaySettings, replay
from stillwatch.attribute.claims import ClaimSettings
from stillwatch.store.results import read_table

SEEDS = (40, 41, *(pytest.param(seed, marks=pytest.mark.long) for seed in (42, 43)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_publishes_no_claim(tmp_path: Path, seed: int) -> None:
    """Residents and a school class, looked at every other day. So few runs cannot show 5%; one claim among them would
    say that the level is wrong."""
    data = traffic(seed=seed, residents=120, campaign=0).write(tmp_path / "data")
    settings = ReplaySettings(
        every=timedelta(days=2), since=START + timedelta(days=2), quiet=True,
        key_file=write_key(tmp_path / "secret.key"),
    )  # fmt: skip
    rows = read_table(replay(data, tmp_path / "out", settings), "replay_campaigns").to_pylist()
    assert rows, "no group was looked at"
    assert [] == sorted({r["campaign_id"] for r in rows if r["claimed"]})


def test_the_level_is_what_was_asked_for(tmp_path: Path) -> None:
    """With a higher level the same groups need fewer bits: log2 of the ratio."""
    data = traffic(residents=120, campaign=0, seed=40).write(tmp_path / "data")
    needed = []
    for level in (0.05, 0.4):
        settings = ReplaySettings(
            every=timedelta(days=14), quiet=True, claims=ClaimSettings(level),
            key_file=write_key(tmp_path / "secret.key"),
        )  # fmt: skip
        rows = read_table(replay(data, tmp_path / "out", settings), "replay_campaigns").to_pylist()
        needed.append(min(r["needed_bits"] for r in rows))
    assert 3.0 == pytest.approx(needed[0] - needed[1], abs=0.01)
