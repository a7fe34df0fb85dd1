"""The repository stands alone: no path of one machine, no address of an index, every dependency locked."""

from __future__ import annotations

import re
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.expect import expect_none

PRIVATE_PATH = re.compile(r"(?<![\w.:/~-])/(?:home|root|Users|opt|srv|mnt)/\w")
REACHES_UP = re.compile(r"(?<!\()\.\./\w")  # a link in a page may, in parentheses
INDEX_HOST = re.compile(r"\b(?:pypi|pythonhosted|npmjs|debian|anaconda)\.(?:org|com|net)\b")
CODE = ("src", "tests", "bench", "scripts", "examples", "requirements", ".ci")
DATA = re.compile(r"/data/|tests/cases/|tests/golden/")
LARGEST = 5_000_000
APART = {"rivals"}  # groups with an environment of their own


@pytest.fixture(scope="module")
def tracked(root: Path) -> tuple[Path, ...]:
    """Files that git knows."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)
    return tuple(root / name for name in answer.stdout.split("\0") if name and (root / name).is_file())


def _hits(files: tuple[Path, ...], pattern: re.Pattern[str]) -> Iterator[str]:
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for match in pattern.finditer(text):
            yield f"{path.name}:{text.count(chr(10), 0, match.start()) + 1} {match[0]}"


def _written(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Files that we wrote, without samples of other people's text."""
    return tuple(path for path in files if not DATA.search(path.as_posix()))


def test_no_path_of_one_machine(root: Path, tracked: tuple[Path, ...]) -> None:
    """Neither where this clone stands nor anybody's home folder is named."""
    folders = {root, root.parent} - {Path(tempfile.gettempdir()), Path("/"), Path.home()}
    here = re.compile("|".join(rf"{re.escape(str(folder))}(?![\w-])" for folder in folders))
    expect_none([*_hits(tracked, here), *_hits(_written(tracked), PRIVATE_PATH)])


def test_code_stays_in_the_repository(root: Path, tracked: tuple[Path, ...]) -> None:
    """No file of code reaches above its own folder by path."""
    code = tuple(p for p in _written(tracked) if p.relative_to(root).parts[0] in (*CODE, "Makefile"))
    expect_none(_hits(code, REACHES_UP))


def test_no_address_of_a_package_index(tracked: tuple[Path, ...]) -> None:
    """Packages are named, not where one machine gets them."""
    expect_none(_hits(_written(tracked), INDEX_HOST))


def test_no_large_files(tracked: tuple[Path, ...]) -> None:
    """A clone stays small."""
    expect_none(str(path) for path in tracked if path.stat().st_size > LARGEST)


def test_every_dependency_is_locked(root: Path) -> None:
    """Each name in pyproject.toml has one version in requirements; `make lock` writes them."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    stated = {
        "build": project["build-system"]["requires"],
        "core": project["project"]["dependencies"],
        **project["project"]["optional-dependencies"],
        **project["dependency-groups"],
    }
    for group, names in stated.items():
        lines = (root / "requirements" / f"{group}.txt").read_text().splitlines()
        locked = {line.split("==")[0] for line in lines if "==" in line}
        assert {_name(one) for one in names} <= locked, group


def test_a_version_is_locked_once(root: Path) -> None:
    """Groups that are installed together agree."""
    together = [p for p in (root / "requirements").glob("*.txt") if p.stem not in APART]
    lines = [p.read_text().splitlines() for p in together]
    pins = {line for group in lines for line in group if "==" in line}
    assert len(pins) == len({line.split("==")[0] for line in pins})


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower()
