"""The case report: what it says, and that HTML and PDF say the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from tests.casebook import stamp, store
from tests.expect import expect_none
from tests.fixtures_results import DISTILLATION, write_results

from stillwatch.app.case_report.blocks import Facts, Grid, Heading, Points, Report, Stairs, Text
from stillwatch.app.case_report.content import Choice, Custody, case_report
from stillwatch.app.case_report.html import html
from stillwatch.app.case_report.pdf import AFTER_FIGURES, WIDTH, pdf
from stillwatch.cases.file import CaseFile, read_case
from stillwatch.cases.grade import Grade
from stillwatch.cases.snapshot import read_snapshot
from stillwatch.cases.work import decide, open_case

CUSTODY = Custody(True, 31, 31, "ab" * 32, "store-1")
SECTIONS = (
    "Statement", "Decisions", "Exhibits", "Evidence", "Other explanations, and what speaks against the finding",
    "Accounts", "Attribution", "Method", "Error rates", "Chain of custody", "Digests (SHA-256)", "How to read this",
)  # fmt: skip


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> CaseFile:
    """A confirmed case."""
    folder = tmp_path_factory.mktemp("case")
    results = write_results(folder / "r", plans=[DISTILLATION[0].sized(30)])
    database = store(folder / "cases.db")
    with database.writing(stamp()) as w:
        snapshot = read_snapshot(results, DISTILLATION[0].name)
        case_id = open_case(w, snapshot, title="Thirty", grade=Grade("A", 3))
        decide(w, case_id, "confirm", reason="Two families of evidence")
    with database.reading() as r:
        return read_case(r, case_id)


@pytest.fixture(scope="module")
def report(case: CaseFile) -> Report:
    return case_report(case, CUSTODY, stamp(1).at, Choice())


def _words(report: Report) -> str:
    said: list[str] = []
    for b in report.blocks:
        if isinstance(b, Heading | Text):
            said.append(b.text)
        elif isinstance(b, Points):
            said += b.items
        elif isinstance(b, Facts):
            said += [part for pair in b.pairs for part in pair]
        elif isinstance(b, Grid):
            said += [cell for row in b.rows for cell in row]
    return "\n".join(said)


def test_sections_stand_in_their_order(report: Report) -> None:
    assert list(SECTIONS) == [b.text for b in report.blocks if isinstance(b, Heading) and b.level == 1]


def test_decision_names_person_role_evidence_and_reason(report: Report) -> None:
    said = "confirmed on 1 Mar 2026 12:00 UTC by ann, analyst, on exhibit 1. Reason given: Two families of evidence"
    assert said in _words(report)


def test_nothing_is_claimed_without_a_calibration(report: Report) -> None:
    assert "No false-discovery rate is claimed for this finding." in _words(report)
    assert "No measured error rates were exhibited in this case." in _words(report)


def test_stairs_stay_on_their_axis(report: Report) -> None:
    (stairs,) = (b for b in report.blocks if isinstance(b, Stairs))
    assert all(0 <= bar.start <= bar.end <= 100 for bar in stairs.bars)


def test_grids_are_rectangular(report: Report) -> None:
    for b in report.blocks:
        if isinstance(b, Grid):
            assert {len(b.head)} == {len(b.widths), *(len(row) for row in b.rows)} or not b.rows


def test_figures_fit_beside_the_words_after_them(report: Report) -> None:
    """No figure and no head of a column of figures is broken across lines, and a gap is left to the next column."""
    pdf(report)  # registers the fonts
    for grid in (b for b in report.blocks if isinstance(b, Grid)):
        for i in grid.right:
            room = WIDTH * grid.widths[i] / sum(grid.widths) - AFTER_FIGURES
            expect_none(f"{r[i]} in {grid.head}" for r in grid.rows if room < stringWidth(r[i], "Case", 7.5))
            assert room >= max(stringWidth(w, "Case-Bold", 7.5) for w in grid.head[i].split() or [""]), (
                grid.head
            )


def test_broken_chain_is_said_loudly(case: CaseFile) -> None:
    broken = Custody(False, 31, 31, "ab" * 32, "store-1")
    assert "NOT WHOLE" in _words(case_report(case, broken, stamp(1).at, Choice()))


def test_page_needs_nothing_from_elsewhere(report: Report) -> None:
    page = html(report)
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_pdf_says_what_the_page_says(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "case.pdf"
    path.write_bytes(pdf(report))
    text = " ".join(
        subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout.split()
    )
    assert [] == [name for name in SECTIONS if name not in text]
    assert "Reason given: Two families of evidence" in text
    fonts = subprocess.run(
        ["pdffonts", path], check=True, capture_output=True, text=True
    ).stdout.splitlines()[2:]
    assert [] == [line for line in fonts if "Vera" not in line]


def test_pdf_is_the_same_each_time(report: Report) -> None:
    assert pdf(report) == pdf(report)


def test_pdf_spells_out_what_its_font_lacks() -> None:
    blocks = (Text("名 <b>bold</b> & \x00"), Points(()), Grid(("a",), (), (1,)), Stairs((), None), Facts(()))
    assert pdf(Report("T", "s", "f", blocks)).startswith(b"%PDF")
