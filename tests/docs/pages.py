"""The documentation as files: pages, links, code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```([a-z]*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")


@dataclass(frozen=True)
class Block:
    """A block of code: its language, the words after it (`run`), its text."""

    language: str
    words: tuple[str, ...]
    text: str


def all_pages(root: Path) -> tuple[Path, ...]:
    """Every page of the documentation."""
    files = [root / name for name in TOP] + sorted((root / "docs").rglob("*.md"))
    return tuple(path for path in files if path.exists())


def blocks(page: Path) -> tuple[Block, ...]:
    """The blocks of code of a page, in order."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return tuple(Block(language, tuple(words.split()), text) for language, words, text in found)


def links(page: Path) -> tuple[str, ...]:
    """Targets of the links of a page, without those to other sites."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return tuple(t for t in LINK.findall(text) if not t.startswith(("http://", "https://", "mailto:")))


def anchors(page: Path) -> frozenset[str]:
    """Anchors that the headings of a page make, as code hosts derive them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    kept = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(text))
    return frozenset(title.strip().replace(" ", "-") for title in kept)
