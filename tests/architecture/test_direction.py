"""Imports form a star: stages import `model`, only `app` and `lab` see more, nothing sees `app`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.expect import expect_none

MODULES = (
    "model",
    "store",
    "ingest",
    "signals",
    "link",
    "attribute",
    "cases",
    "share",
    "enforce",
    "counter",
    "lab",
    "app",
)
WIRING = ("app", "lab")


def _stage(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def wrong_arrows(imports: Mapping[str, Iterable[Any]]) -> list[str]:
    """Imports that point where they must not."""
    wrong = []
    for name, targets in imports.items():
        stage = _stage(name)
        for target in targets:
            to = _stage(target.module)
            allowed = to in ("model", stage) or stage in WIRING
            entry = name == "stillwatch.__main__" and to == "app"  # `python -m stillwatch`
            if not entry and (not allowed or (to == "app" and stage != "app")):
                wrong.append(f"{name}:{target.line} imports {target.module}")
    return wrong


def cycles(imports: Mapping[str, Iterable[Any]]) -> list[str]:
    """Modules that import themselves by way of others."""
    reach: dict[str, set[str]] = {name: {t.module for t in targets} for name, targets in imports.items()}
    changed = True
    while changed:
        changed = False
        for near in reach.values():
            far = set().union(*(reach.get(one, set()) for one in near))
            changed |= not far <= near
            near |= far
    return sorted(name for name, near in reach.items() if name in near)


def test_the_package_has_its_twelve_modules(root: Path) -> None:
    """A thirteenth module is a decision, not an accident."""
    folder = root / "src" / "stillwatch"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    files = {path.stem for path in folder.glob("*.py")}
    assert set(MODULES) == packages
    assert files <= {"__init__", "__main__"}


def test_imports_form_a_star(imports: Mapping[str, Iterable[Any]]) -> None:
    """Stages do not import each other, and nothing imports the command line."""
    expect_none(wrong_arrows(imports))


def test_no_import_cycles(imports: Mapping[str, Iterable[Any]]) -> None:
    """No module imports itself by way of others."""
    expect_none(cycles(imports))


def test_own_imports_stand_at_the_top(imports: Mapping[str, Iterable[Any]]) -> None:
    """An import inside a function hides an arrow."""
    hidden = [f"{name}:{t.line} in {t.inside}" for name, ts in imports.items() for t in ts if t.inside]
    expect_none(hidden)


def test_the_package_itself_imports_nothing(sources: tuple[Any, ...]) -> None:
    """`stillwatch/__init__` holds the version only."""
    (package,) = (source for source in sources if source.name == "stillwatch")
    expect_none(n.lineno for n in ast.walk(package.tree) if isinstance(n, ast.Import | ast.ImportFrom))
