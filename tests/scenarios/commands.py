"""Run the command line inside this process and say what it did."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from stillwatch.app.cli import main


@dataclass(frozen=True)
class Ran:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


def run(*arguments: str | Path) -> Ran:
    """`stillwatch` with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
        main([str(a) for a in arguments])
    return Ran(int(stop.value.code or 0), out.getvalue(), err.getvalue())


def one_error(ran: Ran, *said: str) -> None:
    """Exit code 2 and one error of at most two lines that says all of this, and nothing else."""
    assert 2 == ran.code, ran
    assert ran.out == ""
    assert ran.err.startswith("Error ")
    assert "Traceback" not in ran.err
    assert 2 >= len(ran.err.strip().splitlines()), ran.err
    assert not [s for s in said if s not in ran.err], ran.err


def names_in(folder: Path) -> Sequence[str]:
    """Names of what a folder holds, hidden ones too."""
    return sorted(p.name for p in folder.iterdir())
