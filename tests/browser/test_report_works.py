"""The report under the reader's hands: members sorted, searched, paged and saved; colours; hostile names."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Open
from tests.fixtures_results import DISTILLATION

pytestmark = pytest.mark.browser

MEMBERS = "#campaign-1 .members"


def column(page: Page, number: int) -> list[str]:
    """Texts of a column of the first campaign's members, as shown."""
    return page.locator(f"{MEMBERS} tbody tr > :nth-child({number})").all_inner_texts()


def numbers(texts: list[str]) -> list[float]:
    """Numbers as the page writes them."""
    return [float(t.replace(",", "").replace("\u2212", "-")) for t in texts]


def test_members_are_sorted_with_the_keyboard(visit: Open, reports: dict[str, Path]) -> None:
    with visit(reports["plain"]) as (page, _):
        head = page.locator(f"{MEMBERS} th[data-key=own]")
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        falling = numbers(column(page, 5))
        assert falling == sorted(falling, reverse=True)
        page.keyboard.press("Space")
        assert head.get_attribute("aria-sort") == "ascending"
        assert numbers(column(page, 5)) == sorted(numbers(column(page, 5)))
        assert page.locator(f"{MEMBERS} th[aria-sort]").count() == 1


def test_a_search_keeps_what_matches_and_says_how_many(visit: Open, reports: dict[str, Path]) -> None:
    with visit(reports["plain"]) as (page, _):
        page.locator(f"{MEMBERS} input").fill("RELAY")
        page.locator(f"{MEMBERS} .status").get_by_text("match").wait_for()
        assert set(column(page, 2)) == {"relay"}
        page.locator(f"{MEMBERS} input").fill("no such account")
        page.locator(f"{MEMBERS} .status").get_by_text("0 of").wait_for()
        assert column(page, 1) == []


def test_pages_turn_to_the_end_and_back(visit: Open, reports: dict[str, Path]) -> None:
    with visit(reports["plain"]) as (page, _):
        where = page.locator(f"{MEMBERS} .where")
        assert where.inner_text() == "1\u201320 of 273"
        for _turn in range(13):
            page.locator(f"{MEMBERS} .next").click()
        assert where.inner_text() == "261\u2013273 of 273"
        assert page.locator(f"{MEMBERS} .next").is_disabled()
        page.locator(f"{MEMBERS} .previous").click()
        assert where.inner_text() == "241\u2013260 of 273"


def test_the_members_shown_first_are_those_of_the_page_without_scripts(
    visit: Open, reports: dict[str, Path]
) -> None:
    with visit(reports["plain"], java_script_enabled=False) as (page, _):
        still = page.locator(f"{MEMBERS} tbody tr").all_inner_texts()
    with visit(reports["plain"]) as (page, _):
        assert still == page.locator(f"{MEMBERS} tbody tr").all_inner_texts()


def test_saved_members_are_whole_and_no_formula(
    visit: Open, reports: dict[str, Path], tmp_path: Path
) -> None:
    """The file holds every match, ids unshortened, and nothing that a spreadsheet would run."""
    with visit(reports["hostile"], accept_downloads=True) as (page, seen):
        with page.expect_download() as caught:
            page.locator(f"{MEMBERS} .csv").click()
        caught.value.save_as(tmp_path / "members.csv")
        assert [] == seen.complaints
    with (tmp_path / "members.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 273
    assert not any(row["account_id"].startswith(("=", "+", "-", "@")) for row in rows)
    assert max(len(row["account_id"]) for row in rows) > 10_000


def test_hostile_names_stay_text(visit: Open, reports: dict[str, Path]) -> None:
    """No script ran, no element was made of a name, and no direction mark reached the page."""
    with visit(reports["hostile"]) as (page, seen):
        assert page.title().startswith("Stillwatch report")
        assert page.locator("img, iframe, object, embed, form").count() == 0
        assert page.locator("script:not([type])").count() == 1
        assert "\u202e" not in page.inner_text("body")
        assert "\\u202e" in page.inner_text("body")
        assert [] == seen.complaints


def test_twenty_five_thousand_members_stay_responsive(visit: Open, crowd: Path) -> None:
    """Only a page of rows is in the document, and sorting or finding takes well under a second."""
    with visit(crowd) as (page, _):
        rows = page.locator(f"{MEMBERS} tbody tr")
        assert rows.count() == 20
        spent = page.evaluate(
            """() => {
              const start = performance.now();
              document.querySelector('#campaign-1 th[data-key=all] button').click();
              return performance.now() - start;
            }"""
        )
        assert spent < 900
        page.locator(f"{MEMBERS} input").fill("acct_0")
        page.locator(f"{MEMBERS} .status").get_by_text("of 25,000 match").wait_for(timeout=2_000)
        assert rows.count() == 20


def test_colours_follow_the_choice_and_are_remembered(visit: Open, reports: dict[str, Path]) -> None:
    dark, light = "rgb(21, 19, 17)", "rgb(250, 248, 244)"
    ground = "getComputedStyle(document.body).backgroundColor"
    with visit(reports["plain"], scheme="dark") as (page, _):
        assert page.evaluate(ground) == dark
        page.get_by_role("button", name="Light").click()
        assert page.evaluate(ground) == light
        assert page.get_by_role("button", name="Light").get_attribute("aria-pressed") == "true"
        page.reload()
        assert page.evaluate(ground) == light
        page.get_by_role("button", name="Auto").click()
        assert page.evaluate(ground) == dark


def test_the_first_stop_of_the_keyboard_skips_to_the_findings(visit: Open, reports: dict[str, Path]) -> None:
    with visit(reports["plain"]) as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_contents_lead_to_every_campaign(visit: Open, reports: dict[str, Path]) -> None:
    with visit(reports["plain"]) as (page, _):
        targets = [a.get_attribute("href") for a in page.locator(".toc a").all()]
        assert len(targets) == len(DISTILLATION) + 5
        assert all(page.locator(target).count() == 1 for target in targets)
