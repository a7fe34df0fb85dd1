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

SEEDS = range(40, 44)
LEVEL = 0.05


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[str]]:
    """Ids claimed in each replay of residents and a school class, looked at every other day."""
    found = {}
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp(f"benign-{seed}")
        data = traffic(seed=seed, residents=120, campaign=0).write(folder / "data")
        settings = ReplaySettings(
            every=timedelta(days=2), since=START + timedelta(days=2), quiet=True,
            key_file=write_key(folder / "secret.key"),
        )  # fmt: skip
        rows = read_table(replay(data, folder / "out", settings), "replay_campaigns").to_pylist()
        assert rows, "no group was looked at"
        found[seed] = sorted({r["campaign_id"] for r in rows if r["claimed"]})
    return found


def test_the_share_of_runs_with_a_claim_stays_below_the_level(claims: dict[int, list[str]]) -> None:
    """So few runs cannot show 5%; one claim among them would say that the level is wrong."""
    assert LEVEL * len(claims) >= sum(bool(ids) for ids in claims.values()), claims


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
