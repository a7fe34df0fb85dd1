"""What README, CONTRIBUTING and the how-tos name exists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.docs.pages import all_pages
from tests.expect import expect_none

TARGET = re.compile(r"`make ([a-z][a-z-]*)")
USE = re.compile(r"(?:`|\$ |^)stillwatch ([a-z][a-z-]*)([^`\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
FILE = re.compile(r"`((?:src|docs|tests|bench|examples|scripts|requirements)/[\w./-]+)`")


def test_make_targets_exist(root: Path) -> None:
    """Every `make …` that a page names is a target."""
    known = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    named = {t for page in all_pages(root) for t in TARGET.findall(page.read_text(encoding="utf-8"))}
    assert set() == named - known


def test_commands_and_their_options_exist(root: Path, helps: Mapping[str, str]) -> None:
    """Every `stillwatch …` that a page names is a command, with options that it has."""
    wrong = []
    for page in all_pages(root):
        for first, rest in USE.findall(page.read_text(encoding="utf-8")):
            inner = f"{first} {rest.split()[0]}" if rest.split() else first
            name = inner if inner in helps else first
            missing = [o for o in OPTION.findall(rest) if o not in helps.get(name, "")]
            if name not in helps or missing:
                wrong.append(f"{page.name}: stillwatch {name} {' '.join(missing)}".rstrip())
    expect_none(wrong)


def test_files_that_are_named_exist(root: Path) -> None:
    """A path in code style is a file or folder of the repository."""
    missing = [
        f"{page.name}: {name}"
        for page in all_pages(root)
        if page.name != "CHANGELOG.md"
        for name in FILE.findall(page.read_text(encoding="utf-8"))
        if not (root / name).exists()
    ]
    expect_none(missing)
