"""A real browser, reports to look at, and a record of whatever the pages do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.fixtures_results import DISTILLATION, write_empty, write_results

from stillwatch.app.report import render

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Seen:
    """What a page asked for and complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as installed on this machine."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "install Chromium (Debian: apt-get install chromium) to run the browser tests"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports by name: `plain`, `hostile`, `empty`."""
    folder = tmp_path_factory.mktemp("reports")
    return {
        "plain": render(write_results(folder / "plain")),
        "hostile": render(write_results(folder / "hostile", hostile=True)),
        "empty": render(write_empty(folder / "empty")),
    }


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with one campaign of 25,000 members."""
    large = DISTILLATION[0].sized(25_000)
    return render(write_results(tmp_path_factory.mktemp("crowd"), plans=(large,)))


@pytest.fixture
def visit(browser: Browser) -> Open:
    """Open a report in a window of its own: `with visit(path, width=375) as (page, seen)`."""

    @contextmanager
    def opened(
        path: Path, *, width: int = 1280, scheme: str = "light", **context: Any
    ) -> Iterator[tuple[Page, Seen]]:
        seen = Seen()
        window = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **context)
        page = window.new_page()
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on(
            "console",
            lambda said: seen.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on(
            "dialog", lambda dialog: (seen.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.goto(path.resolve().as_uri())
        try:
            yield page, seen
        finally:
            window.close()

    return opened
