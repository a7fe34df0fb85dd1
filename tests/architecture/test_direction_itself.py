"""The test of the direction finds what it should: planted wrong imports in a small package."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.architecture.arrows import own_imports, read_sources
from tests.architecture.test_direction import cycles, wrong_arrows

PLANTED = {
    "link/pairs.py": "from stillwatch import signals\n",
    "link/stars.py": "def f():\n    from stillwatch.store.duck import open\n",
    "link/cpm.py": "import typing as t\nif t.TYPE_CHECKING:\n    import stillwatch.signals.sketch\n",
    "lab/scenario.py": "from stillwatch.app import cli\n",
    "model/engine.py": "from ..store import duck\n",
    "signals/sketch.py": "from stillwatch.model import engine\nfrom . import runs\n",
    "signals/runs.py": "from stillwatch.signals.sketch import x\n",
    "store/duck.py": "",
    "app/cli.py": "from stillwatch.link import pairs\n",
}


@pytest.fixture
def planted(tmp_path: Path) -> dict[str, tuple[object, ...]]:
    """Imports of a package with wrong arrows."""
    for name, text in PLANTED.items():
        path = tmp_path / "src" / "stillwatch" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (path.parent / "__init__.py").touch()
    sources = read_sources(tmp_path)
    known = frozenset(source.name for source in sources)
    return {source.name: own_imports(source, known) for source in sources}


def test_wrong_arrows_are_found(planted: dict[str, tuple[object, ...]]) -> None:
    """Plain, inside a function, for types only, relative, towards app."""
    expected = {"link.pairs", "link.stars", "link.cpm", "lab.scenario", "model.engine"}
    found = {line.split(":")[0].removeprefix("stillwatch.") for line in wrong_arrows(planted)}
    assert expected == found


def test_cycles_are_found(planted: dict[str, tuple[object, ...]]) -> None:
    """Two files that import each other."""
    assert cycles(planted) == ["stillwatch.signals.runs", "stillwatch.signals.sketch"]
