"""Commands that are killed at a chosen moment."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PROGRAM = "from stillwatch.app.cli import main; main()"
Moment = Callable[[Path], bool]


def holds(pattern: str) -> Moment:
    """The moment from which something of this name stands in a folder."""
    return lambda folder: any(folder.glob(pattern))


def killed(folder: Path, moment: Moment, *arguments: str | Path) -> None:
    """Start a command and kill it as soon as the moment has come."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not moment(folder):
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    assert -signal.SIGKILL == process.wait(), "it ended before the moment came"
