"""Replays of simulated logs without an attack, look-alikes of every kind among them: no run publishes a claim."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.scenarios.conftest import write_key

from stillwatch.app.replay import ReplaySettings, replay
from stillwatch.lab.scenarios.benign import SCENARIO
from stillwatch.lab.simulate import simulate
from stillwatch.store.results import read_table

pytestmark = pytest.mark.long

SEEDS = (21, 22, 23)


def test_the_share_of_runs_with_a_claim_stays_below_the_level(tmp_path: Path) -> None:
    claimed = {}
    for seed in SEEDS:
        simulate(SCENARIO, tmp_path / f"data-{seed}", scale=0.003, seed=seed, split="training")
        settings = ReplaySettings(
            every=timedelta(days=4), quiet=True, threads=1, key_file=write_key(tmp_path / "secret.key")
        )
        out = replay(tmp_path / f"data-{seed}", tmp_path / f"out-{seed}", settings)
        rows = read_table(out, "replay_campaigns").to_pylist()
        claimed[seed] = sorted({r["campaign_id"] for r in rows if r["claimed"]})
    assert 0.05 * len(SEEDS) >= sum(bool(ids) for ids in claimed.values()), claimed
