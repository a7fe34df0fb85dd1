"""The report in a browser: fits every width, asks for nothing, accessible in both schemes and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.browser.conftest import Open

pytestmark = pytest.mark.browser

WIDTHS = (375, 768, 1280)
SCHEMES = ("light", "dark")
KINDS = ("plain", "hostile", "empty")

TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# axe cannot judge contrast on the shaded edges of scrolled boxes, so they are made plain for it
PLAIN_GROUND = "document.querySelectorAll('.scroll').forEach((box) => { box.style.background = 'none' })"

CLASHES = """
() => [...document.querySelectorAll('.graph')].flatMap((graph) => {
  const box = (node) => node.getBoundingClientRect();
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const cards = [...graph.querySelectorAll('.node')].map((n) => [n, box(n.querySelector('rect'))]);
  const pairs = cards.flatMap(([, a], i) => cards.slice(i + 1).filter(([, b]) => meet(a, b)));
  const long = cards.filter(([n, b]) => [...n.querySelectorAll('text')].some((t) => box(t).right > b.right));
  return [...pairs, ...long].map(([n]) => n.textContent);
})
"""


def violations(page: Page) -> str:
    """What axe finds wrong with the page, with the places."""
    page.evaluate(PLAIN_GROUND)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return "\n".join(f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}" for v in found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_fits_is_quiet_and_accessible(
    visit: Open, reports: dict[str, Path], width: int, scheme: str, kind: str
) -> None:
    """No sideways scrolling, no console message, no request but for the file itself, no violation."""
    with visit(reports[kind], width=width, scheme=scheme) as (page, seen):
        assert not page.evaluate(TOO_WIDE)
        assert [] == seen.complaints
        assert [reports[kind].resolve().as_uri()] == seen.requests
        assert violations(page) == ""


@pytest.mark.parametrize("kind", ("plain", "hostile"))
def test_axe_finds_no_violation_with_everything_open(
    visit: Open, reports: dict[str, Path], kind: str
) -> None:
    with visit(reports[kind]) as (page, _):
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
        assert violations(page) == ""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_paper_is_white_and_shows_everything_but_controls(
    visit: Open, reports: dict[str, Path], scheme: str
) -> None:
    with visit(reports["plain"], width=768, scheme=scheme) as (page, _):
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not any(box.is_visible() for box in page.locator(".controls").all())
        assert all(part.is_visible() for part in page.locator(".inside table").all())
        assert violations(page) == ""


def test_a_pdf_has_a_page_for_every_campaign(visit: Open, reports: dict[str, Path]) -> None:
    with visit(reports["plain"]) as (page, _):
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
        pages = pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/")
        assert pages > page.locator("section.campaign").count()


def test_nothing_in_the_graph_overlaps(visit: Open, reports: dict[str, Path]) -> None:
    """Cards stand apart, and each text stays inside its card."""
    with visit(reports["plain"]) as (page, _):
        clash = page.evaluate(CLASHES)
        assert clash == []


def test_motion_stops_for_readers_who_ask(visit: Open, reports: dict[str, Path]) -> None:
    with visit(reports["plain"], reduced_motion="reduce") as (page, _):
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_a_report_reads_without_scripts(visit: Open, reports: dict[str, Path]) -> None:
    """Members stand in the page itself, and nothing is offered that cannot work."""
    with visit(reports["plain"], java_script_enabled=False) as (page, _):
        assert page.locator("#campaign-1 .people tbody tr").count() == 20
        assert not page.locator(".controls").first.is_visible()
        assert page.locator("#campaign-1 .shown").is_visible()
