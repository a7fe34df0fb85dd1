"""Small result folders for tests of what people look at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.fixtures_results import DISTILLATION, OTHERS, write_empty, write_results

from stillwatch.app.report.results import Results, read_results


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    plans = [plan.sized(30) for plan in (*DISTILLATION, *OTHERS)]
    write_results(folder / "plain", plans=plans)
    write_results(folder / "hostile", plans=plans, hostile=True)
    write_empty(folder / "empty")
    return folder


@pytest.fixture
def folder(_made: Path, tmp_path: Path) -> Path:
    """A result folder of one's own."""
    return Path(shutil.copytree(_made / "plain", tmp_path / "results"))


@pytest.fixture
def hostile(_made: Path, tmp_path: Path) -> Path:
    """A result folder whose names and texts attack the reader."""
    return Path(shutil.copytree(_made / "hostile", tmp_path / "hostile"))


@pytest.fixture
def empty(_made: Path, tmp_path: Path) -> Path:
    """A result folder without findings and without a summary."""
    return Path(shutil.copytree(_made / "empty", tmp_path / "empty"))


@pytest.fixture
def results(folder: Path) -> Results:
    """The same, read."""
    return read_results(folder)
