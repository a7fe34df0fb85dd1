"""What the laboratory's own commands say when they cannot go on."""

from __future__ import annotations

import sys

from stillwatch.model.errors import StillwatchError

EXIT_CODE = 2


def refused(error: StillwatchError) -> int:
    """Say on standard error where, what and what to do; the exit code."""
    place = f"{error.where}: " if error.where else ""
    sys.stderr.write(f"Error {place}{error.what}\n      {error.remedy}\n")
    return EXIT_CODE
