"""An open case store, and what a scan knew of a campaign of twelve accounts."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.casebook import store
from tests.fixtures_results import DISTILLATION, write_results

from stillwatch.cases.snapshot import Snapshot, read_snapshot
from stillwatch.store.casebook.database import Database

CAMPAIGN = DISTILLATION[0].name


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder with one campaign of twelve accounts, and one that is another."""
    plans = [DISTILLATION[0].sized(12), DISTILLATION[1].sized(5)]
    return write_results(tmp_path_factory.mktemp("results"), plans=plans)


@pytest.fixture
def snapshot(results: Path) -> Snapshot:
    """What the scan knew of the first."""
    return read_snapshot(results, CAMPAIGN)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An empty case store."""
    return store(tmp_path / "cases.db")
