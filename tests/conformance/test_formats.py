"""Every log format, every check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stillwatch.ingest.logs import log_formats
from stillwatch.lab.format_checks import CHECKS, FormatCase

CASES = Path(__file__).parents[2] / "tests/cases/ingest"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", log_formats())
def test_format(name: str, check: Callable[[FormatCase], None], tmp_path: Path) -> None:
    check(FormatCase(name, CASES / name, tmp_path))


def test_no_case_folder_is_left_over() -> None:
    assert set(log_formats()) == {folder.name for folder in CASES.iterdir() if folder.is_dir()}
