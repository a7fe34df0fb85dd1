"""A case report as PDF, drawn by ReportLab (extra `cases`): A4, fonts embedded, the same bytes for the same report."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from stillwatch.app.case_report.blocks import Block, Facts, Grid, Heading, Points, Report, Stairs, Text

MARGIN = 20 * mm
AFTER_FIGURES = 12  # points between a column of figures and the words beside it
WIDTH = A4[0] - 2 * MARGIN - 12  # the frame keeps 6 points on each side
INK, QUIET, LINE = HexColor("#1a1c1f"), HexColor("#565b63"), HexColor("#cfd3d8")
COLOURS = {"for": "#a93a2c", "against": "#2f6f57", "prior": "#8d949c", "total": "#2b3b55"}.get
FONTS = (("Case", "Vera.ttf"), ("Case-Bold", "VeraBd.ttf"))
REPLACED = {"\u2212": "-", "\u27e8": "[", "\u27e9": "]"}.get  # what the embedded font lacks and reads as well


def pdf(report: Report) -> bytes:
    """The report as a PDF file."""
    fonts = _fonts()
    known = frozenset(fonts.face.charToGlyph)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=22 * mm,
        title=report.title,
        author="Stillwatch",
        subject=report.subtitle,
        initialFontName="Case",  # the default would stand in the file without being embedded
        invariant=1,
        lang="en",
    )
    story: list[Any] = [_paragraph(report.title, known, size=17, bold=True, after=2)]
    story += [_paragraph(report.subtitle, known, colour=QUIET, after=8)]
    for block in report.numbered:
        story += _drawn(block, known)

    def frame(canvas: Any, page: Any) -> None:
        canvas.saveState()
        canvas.setFont("Case", 7)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN + 6, 12 * mm, _legible(report.footer, known))
        canvas.drawRightString(A4[0] - MARGIN - 6, 12 * mm, f"Page {page.page}")
        canvas.restoreState()

    document.build(story, onFirstPage=frame, onLaterPages=frame)
    return out.getvalue()


def _fonts() -> Any:
    """Register the fonts that come with ReportLab; returns the plain one."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in FONTS:
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(
        "Case", normal="Case", bold="Case-Bold", italic="Case", boldItalic="Case-Bold"
    )
    return pdfmetrics.getFont("Case")


def _legible(text: str, known: frozenset[int]) -> str:
    """Text in characters the embedded font has; others by their number, so that no two ids look alike."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(c if ord(c) in known else REPLACED(c) or f"<U+{ord(c):04X}>" for c in composed)


def _paragraph(
    text: str,
    known: frozenset[int],
    *,
    size: float = 9,
    bold: bool = False,
    colour: Any = INK,
    before: float = 0,
    after: float = 4,
    right: bool = False,
    bullet: bool = False,
) -> Paragraph:
    style = ParagraphStyle(
        "case",
        fontName="Case-Bold" if bold else "Case",
        fontSize=size,
        leading=size * 1.4,
        textColor=colour,
        spaceBefore=before,
        spaceAfter=after,
        alignment=2 if right else 0,
        leftIndent=10 if bullet else 0,
        bulletFontName="Case",
        splitLongWords=1,
    )
    return Paragraph(escape(_legible(text, known)), style, bulletText="\u2022" if bullet else None)


def _drawn(block: Block, known: frozenset[int]) -> Iterator[Any]:
    if isinstance(block, Heading):
        large = block.level == 1
        yield CondPageBreak(35 * mm)  # a heading does not stand alone at the foot of a page
        yield _paragraph(
            block.text,
            known,
            size=12 if large else 10,
            bold=True,
            before=14 if large else 8,
            after=4,
        )
    elif isinstance(block, Text):
        quiet = block.kind == "quiet"
        yield _paragraph(
            block.text,
            known,
            size=8 if quiet else 9,
            bold=block.kind == "strong",
            colour=QUIET if quiet else INK,
        )
    elif isinstance(block, Points):
        for item in block.items:
            yield _paragraph(item, known, bullet=True, after=2)
    elif isinstance(block, Facts):
        rows = [[_cell(term, known, colour=QUIET), _cell(value, known)] for term, value in block.pairs]
        if rows:
            yield _table(rows, (28, 72), repeat=0)
        yield Spacer(0, 6)
    elif isinstance(block, Grid):
        yield from _grid(block, known)
    else:
        yield _stairs(block, known)


def _grid(block: Grid, known: frozenset[int]) -> Iterator[Any]:
    head = [
        _cell(t, known, bold=True, colour=QUIET, right=i in block.right) for i, t in enumerate(block.head)
    ]
    rows = [[_cell(text, known, right=i in block.right) for i, text in enumerate(row)] for row in block.rows]
    yield _table([head, *rows], block.widths, repeat=1, right=block.right)
    yield Spacer(0, 6)


def _cell(text: str, known: frozenset[int], **how: Any) -> Paragraph:
    return _paragraph(text, known, size=7.5, after=0, **how)


def _table(
    rows: list[list[Paragraph]], widths: tuple[int, ...], *, repeat: int, right: tuple[int, ...] = ()
) -> LongTable:
    total = sum(widths)
    table = LongTable(
        rows, colWidths=[WIDTH * w / total for w in widths], repeatRows=repeat, splitInRow=1, hAlign="LEFT"
    )
    table.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), "Case"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 5),
                *(("RIGHTPADDING", (i, 0), (i, -1), AFTER_FIGURES) for i in right),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ]
        )
    )
    return table


def _stairs(block: Stairs, known: frozenset[int]) -> Drawing:
    """Bars between names on the left and figures on the right."""
    line, left, right = 15, WIDTH * 0.22, WIDTH * 0.26
    room = WIDTH - left - right
    height = line * len(block.bars) + 6
    drawing = Drawing(WIDTH, height, initialFontName="Case")
    for i, bar in enumerate(block.bars):
        y = height - line * (i + 1)
        start, width = left + room * bar.start / 100, max(room * (bar.end - bar.start) / 100, 1)
        colour = HexColor(COLOURS(bar.kind) or "#000000")
        drawing.add(Rect(start, y, width, line - 5, fillColor=colour, strokeColor=None))
        drawing.add(_label(0, y, _legible(bar.name, known)))
        drawing.add(_label(WIDTH - right + 42, y, _legible(bar.value, known), anchor="end"))
        drawing.add(_label(WIDTH - right + 50, y, _legible(bar.range, known), colour=QUIET))
    if block.threshold is not None:
        x = left + room * block.threshold / 100
        drawing.add(Line(x, 0, x, height, strokeColor=INK, strokeWidth=0.7, strokeDashArray=[3, 2]))
    return drawing


def _label(x: float, y: float, text: str, *, anchor: str = "start", colour: Any = INK) -> String:
    return String(x, y + 2.5, text, fontName="Case", fontSize=7.5, fillColor=colour, textAnchor=anchor)
