"""Out of space: one clear error, earlier results as they were, nothing left behind but finished stages."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.scenarios.commands import Ran, names_in, one_error
from tests.scenarios.conftest import Scanned

PROGRAM = "from stillwatch.app.cli import main; main()"


def run_limited(*arguments: str | Path, file_bytes: int = 0) -> Ran:
    """The command in a process of its own, whose files may not grow beyond a size."""

    def limit() -> None:
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True, text=True, preexec_fn=limit, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of this size, for root only."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_files_that_may_not_grow(scanned: Scanned, tmp_path: Path) -> None:
    arguments = ("scan", scanned.data, "--out", tmp_path / "out", "--key-file", scanned.key)
    one_error(run_limited(*arguments, file_bytes=20_000), "space")
    assert [] == names_in(tmp_path)


def test_a_scan_goes_on_where_the_disk_was_full(scanned: Scanned, tmp_path: Path) -> None:
    """What it had finished is not done again, and nothing else is left of it."""
    out = tmp_path / "out"
    arguments = ("scan", scanned.data, "--out", out, "--key-file", scanned.key)
    one_error(run_limited(*arguments, file_bytes=2_000_000), "space")
    assert [".out.stages"] == names_in(tmp_path)
    assert 0 == run_limited(*arguments).code
    assert json.loads((out / "summary.json").read_text())["resumed"]
    assert ["out"] == names_in(tmp_path)


@pytest.mark.parametrize("size", ["64k", "1m"])
def test_full_disk(scanned: Scanned, tmp_path: Path, size: str) -> None:
    """Without the right to mount, the largest file stands for the disk."""
    arguments = ("scan", scanned.data, "--key-file", scanned.key, "--out")
    if os.geteuid():
        one_error(run_limited(*arguments, tmp_path / "out", file_bytes=100_000), "space")
        return
    with small_disk(tmp_path / "disk", size) as disk:
        one_error(run_limited(*arguments, disk / "out"), "space")
        assert [] == names_in(disk)


def test_earlier_results_survive(scanned: Scanned, tmp_path: Path) -> None:
    out = scanned.again(scanned.data, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    ran = run_limited("scan", scanned.data, "--out", out, "--key-file", scanned.key, file_bytes=100_000)
    one_error(ran, "space")
    assert before == {p.name: p.read_bytes() for p in out.iterdir()}
    assert ["out"] == names_in(tmp_path)
