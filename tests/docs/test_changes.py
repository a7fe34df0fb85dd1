"""Fragments of the changelog have a kind, and become a section."""

from __future__ import annotations

import runpy
from pathlib import Path

KINDS = ("added", "changed", "fixed", "removed", "security")


def test_fragments_have_a_kind_and_a_text(root: Path) -> None:
    """`changes/added-….md` and so on, one or two sentences each."""
    for path in (root / "changes").iterdir():
        assert path.suffix == ".md"
        assert path.name.split("-")[0] in KINDS
        assert 10 < len(path.read_text(encoding="utf-8")) < 600


def test_fragments_become_a_section(root: Path) -> None:
    """Sorted by kind, one item per fragment."""
    section = runpy.run_path(str(root / "scripts/changelog.py"))["section"]
    fragments = {"fixed-b.md": "B works.\n", "added-a.md": "One can\na.\n"}
    assert "### Added\n\n* One can a.\n\n### Fixed\n\n* B works.\n" == section(fragments)
