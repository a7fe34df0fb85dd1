"""Move the fragments of changes/ into CHANGELOG.md: `python scripts/changelog.py 0.1.0 2026-12-01`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
KINDS = ("added", "changed", "fixed", "removed", "security")
START = "## Unreleased\n"


def section(fragments: dict[str, str]) -> str:
    """Fragments by file name, as the body of a release: kinds in order, one item each."""
    parts = []
    for kind in KINDS:
        texts = [" ".join(t.split()) for name, t in sorted(fragments.items()) if name.split("-")[0] == kind]
        if texts:
            parts.append(f"### {kind.capitalize()}\n\n" + "".join(f"* {text}\n" for text in texts))
    return "\n".join(parts)


def main(version: str, day: str) -> None:
    """Write the section of a release and remove the fragments."""
    files = sorted((ROOT / "changes").glob("*.md"))
    body = section({path.name: path.read_text(encoding="utf-8") for path in files})
    log = ROOT / "CHANGELOG.md"
    head, _, rest = log.read_text(encoding="utf-8").partition(START)
    log.write_text(
        f"{head}{START}\nNothing yet.\n\n## {version} ({day})\n\n{body}{_earlier(rest)}", encoding="utf-8"
    )
    for path in files:
        path.unlink()


def _earlier(rest: str) -> str:
    """The releases below the unreleased part."""
    start = rest.find("\n## ")
    return rest[start:] if start >= 0 else ""


if __name__ == "__main__":
    main(*sys.argv[1:3])
