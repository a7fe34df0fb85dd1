"""Code in the documentation runs: blocks marked `run`, page by page, each page in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs.pages import Block, all_pages, blocks

LANGUAGES = ("python", "sh", "console")


def _marked() -> list[object]:
    pages = [p for p in all_pages(ROOT) if any("run" in b.words for b in blocks(p))]
    return [pytest.param(p, id=str(p.relative_to(ROOT))) for p in pages]


def _program(block: Block) -> list[str]:
    """The command that runs a block; of a console block the lines after `$ ` and those they go on in."""
    if block.language == "python":
        return [sys.executable, "-c", block.text]
    text = block.text
    if block.language == "console":
        kept, going = [], False
        for line in text.splitlines():
            if line.startswith("$ ") or going:
                kept.append(line.removeprefix("$ "))
                going = line.endswith("\\")
        text = "\n".join(kept)
    return ["bash", "-euo", "pipefail", "-c", text]


def _run(page: Path, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    place = {**os.environ, "PATH": path, "XDG_DATA_HOME": str(folder)}
    for block in blocks(page):
        if "run" not in block.words:
            continue
        assert block.language in LANGUAGES, f"{page.name}: a block of {block.language!r} cannot run"
        answer = subprocess.run(_program(block), cwd=folder, env=place, capture_output=True, text=True)
        assert answer.returncode == 0, f"{block.text}\n{answer.stdout}\n{answer.stderr}"


@pytest.mark.parametrize("page", _marked())
def test_snippets_run(page: Path, tmp_path: Path) -> None:
    """Every block marked `run` ends well, one after the other in an empty folder."""
    _run(page, tmp_path)


def test_console_blocks_are_read_line_by_line() -> None:
    """Output and prompts are left out, continued lines are kept."""
    block = Block("console", ("run",), "$ echo a \\\n  b\na b\n$ true\n")
    assert "echo a \\\n  b\ntrue" == _program(block)[-1]
