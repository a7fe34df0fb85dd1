"""The package works with its core dependencies alone, and the wheel holds all it needs."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import venv
from pathlib import Path

import pytest

IMPORT_ALL = """
import importlib, pkgutil, stillwatch
for info in pkgutil.walk_packages(stillwatch.__path__, "stillwatch."):
    draws = ("fit.", "figures.plots", "figures.__m", "reliability.plot", "reliability.__m")
    cases = ("stillwatch.store.casebook.", "stillwatch.app.case_report.pdf")
    if not info.name.removeprefix("stillwatch.lab.").startswith((*draws, *cases)):
        importlib.import_module(info.name)
"""


@pytest.fixture(scope="module")
def core_only(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links to the files of the core dependencies and of nothing else."""
    folder = tmp_path_factory.mktemp("core")
    for line in (root / "requirements" / "core.txt").read_text().splitlines():
        if "==" in line:
            _link(importlib.metadata.distribution(line.split("==")[0]), folder)
    return folder


def _link(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}
    for top in sorted(tops - {"__pycache__"}):
        target = Path(str(distribution.locate_file(top)))
        link = folder / top
        if not link.exists():
            link.symlink_to(target)


def test_all_modules_import_with_the_minimum(root: Path, core_only: Path) -> None:
    """No module needs an optional package just to be imported, but those that plot or keep cases."""
    path = f"import sys; sys.path += [{str(root / 'src')!r}, {str(core_only)!r}]"
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", path + IMPORT_ALL], capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.long
def test_the_wheel_runs_in_an_environment_of_its_own(root: Path, core_only: Path, tmp_path: Path) -> None:
    """Built and installed beside the core dependencies only, it still has its data."""
    pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [
        sys.executable,
        *pip,
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        tmp_path,
        root,
    ]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    (packages,) = (tmp_path / "env").glob("lib/python*/site-packages")
    subprocess.run([sys.executable, *pip, "--python", python, "install", "--no-deps", wheel], check=True)
    (packages / "core.pth").write_text(f"{core_only}\n")
    subprocess.run([python, "-I", "-c", IMPORT_ALL], check=True, cwd=tmp_path)
    program = [tmp_path / "env" / "bin" / "stillwatch", "version", "--json"]
    assert '"stillwatch"' in subprocess.run(program, check=True, capture_output=True, text=True).stdout
