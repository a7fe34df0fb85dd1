"""The package, parsed once for all architecture tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.architecture.arrows import Import, Source, own_imports, read_sources


@pytest.fixture(scope="session")
def sources(root: Path) -> tuple[Source, ...]:
    """Every module of the package, parsed once."""
    return read_sources(root)


@pytest.fixture(scope="session")
def imports(sources: tuple[Source, ...]) -> dict[str, tuple[Import, ...]]:
    """What each module imports of ours."""
    known = frozenset(source.name for source in sources)
    return {source.name: own_imports(source, known) for source in sources}
