"""Starting is cheap: the package pulls in nothing heavy, one command only what it needs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from stillwatch import __version__

HEAVY = ("numpy", "pyarrow", "duckdb", "numba", "jinja2", "rich", "typer")
LISTED = "import sys, {module}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"


def _loaded_by(module: str) -> set[str]:
    answer = subprocess.run(
        [sys.executable, "-c", LISTED.format(module=module)], check=True, capture_output=True, text=True
    )
    return set(answer.stdout.split())


def test_the_package_loads_nothing_heavy() -> None:
    """`import stillwatch` brings in no other package; the time is printed, not judged."""
    started = time.perf_counter()
    loaded = _loaded_by("stillwatch")
    sys.stdout.write(f"import stillwatch in a fresh process: {time.perf_counter() - started:.3f} s\n")
    assert set() == loaded & set(HEAVY)


def test_the_version_needs_no_engine() -> None:
    """`stillwatch --version` waits for neither the engine nor the kernels, nor for any command."""
    asked = "import sys\nfrom contextlib import suppress\nfrom stillwatch.app.cli import main\n"
    asked += "with suppress(SystemExit):\n    main(['--version'])\n"
    answer = subprocess.run(
        [sys.executable, "-c", f"{asked}print(*sys.modules)"], check=True, capture_output=True, text=True
    )
    first, loaded = answer.stdout.splitlines()
    assert f"stillwatch {__version__}" == first
    assert set() == {m.split(".")[0] for m in loaded.split()} & {"numpy", "pyarrow", "duckdb", "numba"}


def test_help_lists_the_commands() -> None:
    """`stillwatch --help` works from a shell."""
    program = Path(sys.executable).with_name("stillwatch")
    answer = subprocess.run([program, "--help"], check=True, capture_output=True, text=True)
    assert "version" in answer.stdout
