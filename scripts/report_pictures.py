"""Pictures of a report for the documentation: `python scripts/report_pictures.py RESULTS docs/img`.

Needs Chromium and playwright (dependency group `test`). The pictures show a simulated scan, never a real one.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from stillwatch.app.report import render

WIDTH = 1100
HEAD = 760
SECTIONS = (("evidence", ".campaign .steps"), ("time", ".campaign .chart .time"))
MARGIN = 10


def main(results: Path, out: Path) -> None:
    """Write report-head, report-head-dark and a picture of each section."""
    path = render(results).resolve().as_uri()
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for scheme, name in (("light", "report-head.png"), ("dark", "report-head-dark.png")):
            page = browser.new_page(viewport={"width": WIDTH, "height": HEAD}, color_scheme=scheme)
            page.goto(path)
            page.screenshot(path=out / name)
            if scheme == "light":
                _sections(page, out)
        browser.close()


def _sections(page: Page, out: Path) -> None:
    for name, place in SECTIONS:
        box = page.locator(place).first.bounding_box()
        if box is None:
            continue
        clip = {
            "x": box["x"] - MARGIN,
            "y": box["y"] - MARGIN,
            "width": box["width"] + 2 * MARGIN,
            "height": box["height"] + 2 * MARGIN,
        }
        page.screenshot(path=out / f"report-{name}.png", clip=clip, full_page=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
