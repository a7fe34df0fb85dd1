"""What is imported is what is declared: a package that only happens to be installed here is found."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from tests.expect import expect_none

OURS = {"stillwatch", "tests"}
GROUPS = (
    ("src", ("core", "cases", "enrich", "lab", "share")),
    ("scripts", ("core", "test")),
    ("examples", ("core", "share")),
    ("tests", ("core", "test", "spark")),
    ("bench", ("core", "lab", "peers", "test", "bench", "rivals")),
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
    beside = {path.stem for path in (root / folder).glob("*.py")}
    expect_none(
        f"{name} in {where}"
        for name, where in _imported(root / folder).items()
        if name not in sys.stdlib_module_names | OURS | beside
        and not {owner.lower().replace("_", "-") for owner in owners.get(name, [name])} & locked
    )


WORKSHOP = {"bench", "build", "check", "peers", "rivals", "test"}  # what nobody installs to run Stillwatch
COPYLEFT = re.compile(r"\b(A|L)?GPL|GNU (Affero |Lesser |Library )?General Public", re.IGNORECASE)


def _licence(name: str) -> str:
    told = importlib.metadata.metadata(name)
    said = (told.get("License") or "").strip().splitlines()
    classified = (c for c in told.get_all("Classifier") or () if c.startswith("License"))
    return told.get("License-Expression") or "; ".join([*said[:1], *classified])


def _user_packages(root: Path) -> set[str]:
    groups = tuple(p.stem for p in (root / "requirements").glob("*.txt") if p.stem not in WORKSHOP)
    return _locked(root, groups)


def test_users_install_nothing_under_a_gpl(root: Path) -> None:
    """The tests do (`cpe`, `pycountry`, which come with tools of OASIS and MISP): decision 0016."""
    installed = {d.metadata["Name"].lower().replace("_", "-") for d in importlib.metadata.distributions()}
    known = _user_packages(root) & installed
    assert len(known) > 30
    expect_none(f"{name}: {_licence(name)}" for name in sorted(known) if COPYLEFT.search(_licence(name)))


def test_the_packages_of_the_tests_that_are_stay_there(root: Path) -> None:
    tests = {"cpe", "pycountry"}
    assert tests <= _locked(root, ("test",))
    assert not tests & _user_packages(root)
    assert all(COPYLEFT.search(_licence(name)) for name in tests)
