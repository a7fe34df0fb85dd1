"""Options and fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stillwatch.lab.reference.commands import help_texts

ROOT = Path(__file__).parent.parent

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--golden`: write expected files anew instead of comparing with them."""
    parser.addoption("--golden", action="store_true", help="rewrite expected files; the diff is the review")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def helps() -> Mapping[str, str]:
    """The help text of the program and of each command."""
    return help_texts()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with an expected file; under `--golden` write the file instead."""
    rewrite = bool(request.config.getoption("--golden"))

    def compare(expected: Path, text: str) -> None:
        if rewrite:
            expected.parent.mkdir(parents=True, exist_ok=True)
            expected.write_text(text, encoding="utf-8")
        known = expected.read_text(encoding="utf-8") if expected.exists() else ""
        assert known == text, f"{expected.relative_to(ROOT)} differs; if that is meant, run `make golden`"

    return compare
