"""What is imported is what is declared: a package that only happens to be installed here is found."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from pathlib import Path

import pytest
from tests.expect import expect_none

OURS = {"stillwatch", "tests"}
GROUPS = (
    ("src", ("core", "cases", "enrich", "lab", "share")),
    ("scripts", ("core", "test")),
    ("examples", ("core", "share")),
    ("tests", ("core", "test")),
    ("bench", ("core", "test", "bench")),
)


def _imported(folder: Path) -> dict[str, str]:
    """Names of packages that files in a folder import, each with a file that does."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0]: path.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module.split(".")[0]] = path.name
    return found


def _locked(root: Path, groups: tuple[str, ...]) -> set[str]:
    lines = [(root / "requirements" / f"{group}.txt").read_text().splitlines() for group in groups]
    return {line.split("==")[0].lower().replace("_", "-") for each in lines for line in each if "==" in line}


@pytest.mark.parametrize(("folder", "groups"), GROUPS)
def test_imports_are_locked(folder: str, groups: tuple[str, ...], root: Path) -> None:
    """Each package imported in a folder stands in a group that its users install."""
    owners = importlib.metadata.packages_distributions()
    locked = _locked(root, groups)
    expect_none(
        f"{name} in {where}"
        for name, where in _imported(root / folder).items()
        if name not in sys.stdlib_module_names | OURS
        and not {owner.lower().replace("_", "-") for owner in owners.get(name, [name])} & locked
    )
