"""Links between pages lead somewhere."""

from __future__ import annotations

from pathlib import Path

from tests.docs.pages import all_pages, anchors, links
from tests.expect import expect_none


def test_links_resolve(root: Path) -> None:
    """The file is there, and so is the heading."""
    broken = [
        f"{page.relative_to(root)}: {t}" for page in all_pages(root) for t in links(page) if _broken(page, t)
    ]
    expect_none(broken)


def _broken(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    if not file.exists():
        return True
    return bool(anchor) and file.suffix == ".md" and anchor not in anchors(file)


def test_every_page_is_linked(root: Path) -> None:
    """A page nobody links to is not read: each is reached from README or docs/index.md."""
    reached: set[Path] = set()
    waiting = [root / "README.md", root / "docs" / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached or not page.exists() or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [page.parent / t.partition("#")[0] for t in links(page) if t.partition("#")[0]]
    lost = {p.resolve() for p in all_pages(root)} - reached
    expect_none(sorted(str(p.relative_to(root)) for p in lost))
