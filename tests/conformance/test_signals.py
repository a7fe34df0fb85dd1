"""Every signal, every check."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillwatch.lab.conformance import signals
from stillwatch.lab.signal_checks import CHECKS, Subject
from stillwatch.lab.signal_pages import index_page, signal_page
from stillwatch.model.engine import Tables
from stillwatch.store.duck import open_duck

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases/signals"
PAGES = ROOT / "docs/signals"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    with open_duck(tmp_path_factory.mktemp("duck"), threads=1) as tables:
        yield tables


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", signals())
def test_signal(name: str, check: Callable[[Subject], None], engine: Tables) -> None:
    check(Subject(signals()[name], engine, CASES / name))


@pytest.mark.parametrize("name", signals())
def test_page_is_generated_from_the_docstring(name: str) -> None:
    """`python -m stillwatch.lab.conformance --docs` writes the pages."""
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert page == signal_page(signals()[name], CASES / name)


def test_index_lists_every_signal() -> None:
    assert (PAGES / "index.md").read_text(encoding="utf-8") == index_page(signals())


def test_no_case_folder_or_page_is_left_over() -> None:
    expected = set(signals())
    assert expected == {folder.name for folder in CASES.iterdir()}
    assert expected == {page.stem for page in PAGES.glob("*.md")} - {"index"}
