"""`python -m stillwatch.lab.reference --write docs/reference`: write the reference pages anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from stillwatch.lab.reference.pages import PAGES


def main() -> None:
    """Write every page into the folder named by `--write`."""
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.reference", description=__doc__)
    parser.add_argument("--write", type=Path, required=True, metavar="DIR", help="folder of the pages")
    folder: Path = parser.parse_args().write
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
