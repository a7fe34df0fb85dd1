"""A scan within a small memory limit finds the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.datasets import files_of

pytestmark = pytest.mark.long

PROGRAM = "from stillwatch.app.cli import main; main()"
LIMIT = "1GB"


def command(*arguments: str | Path) -> dict[str, Any]:
    """What the command printed as JSON, in a process of its own so that its memory is its own."""
    call = [sys.executable, "-c", PROGRAM, *map(str, arguments), "--json"]
    printed: dict[str, Any] = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
    return printed


def test_one_gigabyte_for_three_hundred_thousand_exchanges(tmp_path: Path) -> None:
    data, key = tmp_path / "data", tmp_path / "secret.key"
    made = command("simulate", "disclosure-2026-02", "--scale", "0.001", "--out", data)
    assert made["exchanges"] > 250_000
    free = command("scan", data, "--out", tmp_path / "free", "--key-file", key)
    tight = command("scan", data, "--out", tmp_path / "tight", "--key-file", key, "--memory", LIMIT)
    assert tight["peak_memory_bytes"] < 3 * 2**30
    assert free["counts"] == tight["counts"]
    changed = [
        p.name
        for p in files_of(tmp_path / "free")
        if p.suffix == ".parquet" and p.read_bytes() != (tmp_path / "tight" / p.name).read_bytes()
    ]
    assert [] == changed
