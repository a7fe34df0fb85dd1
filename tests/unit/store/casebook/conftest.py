"""Places to keep cases: a SQLite file, and a database of a running PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgres import Server, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running server."""
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place, once per kind of database."""
    if request.param == "sqlite":
        return str(tmp_path / "cases.db")
    running: Server = request.getfixturevalue("postgres")
    return running.database()
