"""The examples run as they stand, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".sh", ".py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_run(example: Path, tmp_path: Path) -> None:
    """Each ends with 0."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    program = ["bash", example] if example.suffix == ".sh" else [sys.executable, example]
    place = {**os.environ, "PATH": path, "XDG_DATA_HOME": str(tmp_path)}
    answer = subprocess.run(program, cwd=tmp_path, env=place, capture_output=True, text=True)
    assert 0 == answer.returncode, f"{answer.stdout}\n{answer.stderr}"
